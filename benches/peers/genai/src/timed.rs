//! One sample of time; started by `bench`.

mod client;

fn main() -> anyhow::Result<()> {
    benches::run_peer::<client::Peer>(None)
}
