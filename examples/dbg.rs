//! Debug.
fn main() {
    let paths: Vec<std::path::PathBuf> = std::env::args().skip(1).map(Into::into).collect();
    let a = whylate::analyze(&paths, &Default::default()).unwrap();
    let w = a.world();
    for s in 0..w.servers.len() {
        let (mut low, mut high) = whylate::correlate::clocks::bounds_of_pairs(&w.batches, &w.requests, s);
        low.sort_by_key(|b| -b.at);
        high.sort_by_key(|b| b.at);
        println!("server {s} offset {:?}", w.offsets[s]);
        for b in low.iter().take(8) {
            println!("  low {:.3} ms {:?}", b.at as f64 / 1e6, w.place(b.by).line);
        }
        for b in high.iter().take(8) {
            println!("  high {:.3} ms {:?}", b.at as f64 / 1e6, w.place(b.by).line);
        }
    }
    for e in w.events.iter().rev().take(3) {
        println!(
            "{} called {:?} {:?} ended {:?} times {:?}",
            e.event_type,
            e.called.map(|c| w.place(c).line),
            e.called.map(|c| w.printed.of(c)),
            e.ended.map(|c| w.printed.of(c)),
            e.times.emitted
        );
    }
    for (i, b) in w.batches.iter().enumerate() {
        if b.failures.is_empty() {
            println!(
                "batch {i} store {} size {} {:?} hidden {} line {} members {:?} req {:?} w {:?}",
                b.store,
                b.size,
                b.trigger,
                b.hidden,
                w.place(b.at).line,
                b.members,
                b.requests.iter().map(|r| w.place(w.requests[*r].at).line).collect::<Vec<_>>(),
                w.write_time(i)
            );
        }
        let r = |x: whylate::instant::Instant| {
            format!("{:?}..{:?}", x.lo().map(|v| v as f64 / 1e9 % 10000.0), x.hi().map(|v| v as f64 / 1e9 % 10000.0))
        };
        println!(
            "   batch {i} flushed {} written {} visible {} took {:?} ended {:?} outcome {:?} {:?}",
            r(b.flushed),
            r(b.written),
            r(b.visible),
            b.took,
            b.ended_by_tick.map(|e| (
                e.at as f64 / 1e9 % 10000.0,
                e.prompt,
                w.place(e.tick).line,
                r(w.printed.of(e.tick))
            )),
            b.outcome,
            b.outcome_at.map(|o| (w.place(o).line, r(w.printed.of(o))))
        );
    }
}
