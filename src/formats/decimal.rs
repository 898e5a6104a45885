//! Decimal text to a whole number of small units, without a float between.
//!
//! zap prints durations as float seconds (`0.000003906`) and stamps as float epochs (`1769779135.7643733`). The
//! shortest text of such a float is the decimal that was meant, exactly up to 15 digits (eleven days); the float itself
//! is not.

/// A decimal number as printed: `±mantissa · 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    mantissa: u128,
    exponent: i32,
    /// The place of the last digit printed: 3 for milliseconds, negative for round tens.
    pub places: i32,
}

/// More digits than this cannot matter at a nanosecond; the rest is dropped.
const DIGITS: u32 = 30;

impl Decimal {
    /// Reads a JSON number, and nothing around it; the exponent may have a sign.
    pub fn parse(text: &str) -> Option<Self> {
        let negative = text.as_bytes().first() == Some(&b'-');
        let text = &text[usize::from(negative)..];
        let (digits, power) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i16>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if whole.is_empty() || fraction.is_empty() {
            return None;
        }
        let (mut mantissa, mut used, mut exponent) = (0u128, 0, i32::from(power));
        for (part, is_fraction) in [(whole, false), (fraction, true)] {
            for byte in part.bytes() {
                if !byte.is_ascii_digit() {
                    return None;
                }
                if used < DIGITS {
                    mantissa = mantissa * 10 + u128::from(byte - b'0');
                    used += u32::from(mantissa > 0);
                    exponent -= i32::from(is_fraction);
                } else {
                    // A dropped digit of the whole part still moves the point.
                    exponent = exponent.checked_add(i32::from(!is_fraction))?;
                }
            }
        }
        let printed = if digits.contains('.') { i32::try_from(fraction.len()).ok()? } else { 0 };
        Some(Self { negative, mantissa, exponent, places: printed - i32::from(power) })
    }

    /// The number times `10^power`, rounded to the nearest whole; `None` outside of `i64`.
    pub fn scaled(self, power: u32) -> Option<i64> {
        if self.mantissa == 0 {
            return Some(0);
        }
        let shift = self.exponent.checked_add(i32::try_from(power).ok()?)?;
        let magnitude = if shift >= 0 {
            self.mantissa.checked_mul(10u128.checked_pow(shift.unsigned_abs())?)?
        } else {
            match 10u128.checked_pow(shift.unsigned_abs()) {
                Some(divisor) => (self.mantissa + divisor / 2) / divisor,
                None => 0,
            }
        };
        let value = i128::try_from(magnitude).ok()?;
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// The number, when it is whole and fits.
    pub fn whole(self) -> Option<i64> {
        let value = self.scaled(0)?;
        let exact = self.exponent >= 0
            || 10u128
                .checked_pow(self.exponent.unsigned_abs())
                .map_or(self.mantissa == 0, |d| self.mantissa.is_multiple_of(d));
        exact.then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<i64> {
        Decimal::parse(text)?.scaled(9)
    }

    #[test]
    fn the_text_is_taken_not_the_float() {
        assert_eq!(nanos("0.1"), Some(100_000_000));
        assert_eq!(nanos("-0.0359375"), Some(-35_937_500));
        assert_eq!(nanos("0.000003906"), Some(3_906));
        assert_eq!(nanos("1769779135.7643733"), Some(1_769_779_135_764_373_300));
        // Seconds() of Go adds two floats; the noise is rounded off.
        assert_eq!(nanos("0.16941261500000001"), Some(169_412_615));
        assert_eq!(nanos("1.7697791357643733e+09"), Some(1_769_779_135_764_373_300));
        assert_eq!(nanos("0"), Some(0));
        assert_eq!(nanos("1e-30"), Some(0));
    }

    #[test]
    fn absurd_numbers_are_not_recognised() {
        for text in ["1e308", "9223372037", "NaN", "", "-", ".5", "5.", "0x10", "1e", "+1", "1e99999", "1_0", "4*5"] {
            assert_eq!(nanos(text), None, "{text}");
        }
        let long = "9".repeat(5000);
        assert_eq!(nanos(&long), None);
        assert_eq!(nanos(&format!("0.{long}")), Some(1_000_000_000));
    }

    #[test]
    fn whole_numbers_may_be_printed_as_floats() {
        let whole = |text| Decimal::parse(text).and_then(Decimal::whole);
        assert_eq!(whole("5.0"), Some(5));
        assert_eq!(whole("1e3"), Some(1000));
        assert_eq!(whole("5.5"), None);
        assert_eq!(whole("0.4"), None);
        assert_eq!(whole("1e-400"), None);
    }

    proptest! {
        #[test]
        fn every_duration_of_zap_comes_back_exactly(nanos_meant in -999_999_999_999_999i64..1_000_000_000_000_000) {
            // zapcore.SecondsDurationEncoder: float64(d) / float64(time.Second), printed shortest.
            #[allow(clippy::cast_precision_loss)]
            let printed = format!("{}", nanos_meant as f64 / 1e9);
            prop_assert_eq!(nanos(&printed), Some(nanos_meant), "{}", printed);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9.eE]{0,60}") {
            if let Some(number) = Decimal::parse(&text) {
                let _ = (number.scaled(9), number.whole(), number.scaled(40));
            }
        }
    }
}
