//! The client with an allocator that counts. A binary of its own, because counting costs time.

use anyhow::Result;
use benches::Counts;
use clap::Parser;

#[derive(Parser)]
#[command(name = "counted", about = "One sample of allocations; started by `bench`")]
struct Command {
    #[command(flatten)]
    order: benches::Order,
}

fn main() -> Result<()> {
    benches::run_client(&Command::parse().order, Some(count))
}

fn count(run: &mut dyn FnMut()) -> Counts {
    let info = allocation_counter::measure(run);
    Counts { allocations: info.count_total, bytes: info.bytes_total }
}
