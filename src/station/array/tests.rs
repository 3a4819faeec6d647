//! Types of NumPy's, and arrays of them.

use super::*;

/// The size of an item, or what is wrong with the type.
fn size(text: &str) -> Result<usize, String> {
    let dtype = Dtype::new(text).map_err(|error| error.to_string())?;
    Ok(dtype.item_size())
}

#[test]
fn types_have_the_texts_of_numpy() {
    // str(dtype), dtype.str, dtype.itemsize
    for (name, text, item_size) in [
        ("bool", "|b1", 1),
        ("int8", "|i1", 1),
        ("uint16", "<u2", 2),
        ("float16", "<f2", 2),
        ("complex128", "<c16", 16),
        (">i2", ">i2", 2),
        (">c8", ">c8", 8),
        ("<U2", "<U2", 8),
        (">U3", ">U3", 12),
        ("|S5", "|S5", 5),
        ("|V7", "|V7", 7),
        ("datetime64[D]", "<M8[D]", 8),
        ("datetime64[25s]", "<M8[25s]", 8),
        ("datetime64", "<M8", 8),
        ("timedelta64[ns]", "<m8[ns]", 8),
        (">M8[us]", ">M8[us]", 8),
    ] {
        for spelled in [name, text] {
            let dtype = Dtype::new(spelled).unwrap();
            let told = (dtype.name(), dtype.as_str(), dtype.item_size());
            assert_eq!(told, (name.to_owned(), text, item_size));
        }
    }
    assert_eq!(size("[('x', '<i4'), ('y', '<f8')]"), Ok(12));
    assert_eq!(size("[('a b', '|S3')]"), Ok(3));
}

#[test]
fn other_types_are_refused() {
    let objects =
        "its items are Python's objects, which cannot be sent: give it a dtype of numbers or texts";
    for text in ["object", "|O", "O", "[('x', '<i4'), ('y', 'O')]"] {
        assert_eq!(size(text), Err(objects.to_owned()));
    }
    let long = "x".repeat(256);
    for text in [
        "",
        "nope",
        "i2",
        "<i3",
        "<b1",
        "|i2",
        "<i+2",
        "|S0",
        "<U",
        "<M8[x]",
        "<i2[D]",
        "<M4",
        "float128",
        "<U99999999999999999999",
        "<U9999999999999999999",
        "[]",
        "[('x', '<i4')",
        "[('x', '<i4', (2,))]",
        "[('x', [('y', '<i4')])]",
        "é",
        "<é",
        &long,
    ] {
        let refused = size(text).unwrap_err();
        assert!(refused.starts_with("the dtype "), "{text}: {refused}");
        assert!(refused.len() < 300, "{refused}");
    }
}

#[test]
fn an_array_has_the_bytes_of_its_shape() {
    let array = |text: &str, shape: &[u32], bytes: usize| {
        let array = Array::new(text, shape, vec![0; bytes]);
        array.check().map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(array("int16", &[2, 3], 12), Ok(()));
    assert_eq!(array("float64", &[], 8), Ok(()));
    assert_eq!(
        array("float64", &[u32::MAX, u32::MAX, u32::MAX, 0], 0),
        Ok(())
    );
    let refused = |shape: &[u32], bytes| array("int16", shape, bytes).unwrap_err();
    assert_eq!(refused(&[5], 16), "it has 5 items of 2 bytes, and 16 bytes");
    assert_eq!(refused(&[], 0), "it has 1 items of 2 bytes, and 0 bytes");
    let words = "it has 18446744073709551615 items of 2 bytes, and 8 bytes";
    assert_eq!(refused(&[u32::MAX; 3], 8), words);
    assert_eq!(
        refused(&[1; 33], 2),
        "it has 33 dimensions, and at most 32 are known"
    );
}
