//! One sample of allocations; started by `bench`.

mod client;

fn main() -> anyhow::Result<()> {
    benches::run_peer::<client::Peer>(Some(|run| {
        let info = allocation_counter::measure(run);
        benches::Counts { allocations: info.count_total, bytes: info.bytes_total }
    }))
}
