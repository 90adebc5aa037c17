//! One wrong provider for each law.

use std::collections::BTreeSet;

use provider_testkit::{Fault, LAWS, Law, Reference, check};

#[test]
fn each_law_has_a_fault() {
    let laws: BTreeSet<_> = LAWS.iter().map(|law| law.name).collect();
    let broken: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.law()).collect();
    assert_eq!(laws, broken);
}

#[tokio::test]
async fn each_fault_is_caught_by_its_law() {
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let law = Law::named(fault.law()).unwrap();
        match check(&Reference::wrong(*fault), law).await {
            Ok(()) => missed.push(fault),
            Err(violation) => {
                assert_eq!(violation.law.as_deref(), Some(law.name), "{fault:?}");
                println!("{fault:?}: {violation}\n");
            }
        }
    }
    assert!(missed.is_empty(), "no law caught {missed:?}");
}
