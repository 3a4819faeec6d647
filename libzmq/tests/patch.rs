//! A patch is made to the very text that it is for, or not at all.

#![allow(dead_code, reason = "of the build script, only this is tried here")]

#[path = "../build/patch.rs"]
mod patch;
#[path = "../build/patches/mod.rs"]
mod patches;

use patch::replace_once;

#[test]
fn a_text_that_is_there_once_is_replaced() {
    assert_eq!(replace_once("a b c", "b", "d"), Ok("a d c".to_owned()));
}

#[test]
fn a_text_that_is_not_there_or_there_twice_is_refused() {
    assert_eq!(replace_once("a b c", "d", "e"), Err(0));
    assert_eq!(replace_once("a b b", "b", "e"), Err(2));
}

#[test]
fn each_patch_has_a_name_of_its_own_and_a_reason() {
    let mut names: Vec<_> = patches::all().map(|patch| patch.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), patches::all().count());
    assert!(patches::all().all(|patch| !patch.why.is_empty()));
}
