//! Stub.
/// Stub.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Stub.
    pub total: u64,
    /// Stub.
    pub member: u64,
    /// Stub.
    pub members: u64,
    /// Stub.
    pub depth: u32,
    /// Stub.
    pub held: u64,
    /// Stub.
    pub line: u64,
}
impl Default for Limits {
    fn default() -> Self {
        Self { total: 64 << 30, member: 16 << 30, members: 100_000, depth: 4, held: 256 << 20, line: 16 << 20 }
    }
}
/// Stub.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Stub.
    pub limits: Limits,
    /// Stub.
    pub threads: usize,
}
