//! Z85 (RFC 32): 32 bytes as 40 characters that can be printed.

/// How many bytes a key has.
pub(super) const BYTES: usize = 32;

/// How many characters they are in Z85.
pub(super) const CHARACTERS: usize = 40;

/// The characters, each standing for its place.
const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// The place of each character that a byte can be; `NONE` for the others.
const PLACES: [u8; 256] = {
    let mut places = [NONE; 256];
    let mut place = 0;
    while place < ALPHABET.len() {
        places[ALPHABET[place] as usize] = place as u8;
        place += 1;
    }
    places
};

const NONE: u8 = u8::MAX;

/// Writes the characters of these bytes.
pub(super) fn encode(bytes: &[u8; BYTES], text: &mut [u8; CHARACTERS]) {
    let groups = bytes.as_chunks::<4>().0.iter();
    for (group, characters) in groups.zip(text.as_chunks_mut::<5>().0) {
        let mut number = u32::from_be_bytes(*group);
        for character in characters.iter_mut().rev() {
            *character = ALPHABET[(number % 85) as usize];
            number /= 85;
        }
    }
}

/// Reads the bytes of a key; the error names the mistake, and repeats nothing of the text but a character
/// that no key has.
pub(super) fn decode(text: &[u8], bytes: &mut [u8; BYTES]) -> Result<(), String> {
    check(text)?;
    let groups = text.as_chunks::<5>().0.iter();
    for (group, (characters, bytes)) in groups.zip(bytes.as_chunks_mut::<4>().0).enumerate() {
        let add =
            |number: u64, character: &u8| number * 85 + u64::from(PLACES[usize::from(*character)]);
        let number = characters.iter().fold(0, add);
        let Ok(number) = u32::try_from(number) else {
            let (first, last) = (group * 5 + 1, group * 5 + 5);
            return Err(format!(
                "characters {first} to {last} stand for a number above 2^32: one of them is wrong"
            ));
        };
        *bytes = number.to_be_bytes();
    }
    Ok(())
}

/// Refuses a text that cannot be a key.
fn check(text: &[u8]) -> Result<(), String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    if text.is_empty() {
        return refuse("it is empty");
    }
    if text.trim_ascii().len() < text.len() {
        return refuse("there is a blank or a newline around it: trim it");
    }
    if text.len() != CHARACTERS {
        if text.len() == 2 * BYTES && text.iter().all(u8::is_ascii_hexdigit) {
            return refuse("it is hexadecimal, and a key is written in Z85");
        }
        if is_base64(text) {
            return refuse("it is base64, and a key is written in Z85");
        }
    }
    let mut count = 0;
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            count += 1;
            if !character.is_ascii() || PLACES[character as usize] == NONE {
                return Err(format!("character {count}, {character:?}, is not of Z85"));
            }
        }
        if !chunk.invalid().is_empty() {
            return refuse("it is not text");
        }
    }
    if count != CHARACTERS {
        return Err(format!(
            "it has {count} characters, and a key has {CHARACTERS}"
        ));
    }
    Ok(())
}

/// Whether it is 32 bytes in base64, also in the alphabet of URLs.
fn is_base64(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let digits = text.strip_suffix(b"=").unwrap_or(text);
    digits.len() == 43 && digits.iter().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of RFC 32's alphabet: its bytes, and its text.
    fn encoded(bytes: [u8; BYTES]) -> String {
        let mut text = [0; CHARACTERS];
        encode(&bytes, &mut text);
        String::from_utf8(text.to_vec()).unwrap()
    }

    fn decoded(text: &str) -> Result<[u8; BYTES], String> {
        let mut bytes = [0; BYTES];
        decode(text.as_bytes(), &mut bytes).map(|()| bytes)
    }

    #[test]
    fn the_example_of_the_rfc_is_hello_world() {
        let group = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        let bytes: [u8; BYTES] = group.repeat(4).try_into().unwrap();
        assert_eq!(encoded(bytes), "HelloWorld".repeat(4));
        assert_eq!(decoded(&"HelloWorld".repeat(4)), Ok(bytes));
    }

    #[test]
    fn the_ends_of_the_alphabet_are_keys() {
        assert_eq!(decoded(&"0".repeat(40)), Ok([0; BYTES]));
        assert_eq!(encoded([0; BYTES]), "0".repeat(40));
        assert_eq!(encoded([255; BYTES]), "%nSc0".repeat(8));
        assert_eq!(decoded(&"%nSc0".repeat(8)), Ok([255; BYTES]));
    }

    #[test]
    fn a_text_that_is_not_a_key_is_refused_with_the_reason() {
        let key = "HelloWorld".repeat(4);
        let wrong = |at: usize, character: &str| {
            let mut wrong = key.clone();
            wrong.replace_range(at..=at, character);
            wrong
        };
        let base64 = "A".repeat(43);
        for (text, reason) in [
            (String::new(), "it is empty"),
            (
                key[1..].to_owned(),
                "it has 39 characters, and a key has 40",
            ),
            (key.clone() + "0", "it has 41 characters, and a key has 40"),
            (
                key.clone() + "\n",
                "there is a blank or a newline around it: trim it",
            ),
            (
                key.clone() + "\r\n",
                "there is a blank or a newline around it: trim it",
            ),
            (
                format!(" {key}"),
                "there is a blank or a newline around it: trim it",
            ),
            (
                base64.clone() + "=",
                "it is base64, and a key is written in Z85",
            ),
            (base64, "it is base64, and a key is written in Z85"),
            (
                "0aF9".repeat(16),
                "it is hexadecimal, and a key is written in Z85",
            ),
            (wrong(6, "\""), "character 7, '\"', is not of Z85"),
            (wrong(6, "_"), "character 7, '_', is not of Z85"),
            (wrong(6, "é"), "character 7, 'é', is not of Z85"),
            (wrong(6, "\0"), "character 7, '\\0', is not of Z85"),
            (
                format!("HelloWorld{}WorldHelloWorldHelloWorld", "%nSc1"),
                "characters 11 to 15 stand for a number above 2^32: one of them is wrong",
            ),
            (
                "#".repeat(40),
                "characters 1 to 5 stand for a number above 2^32: one of them is wrong",
            ),
        ] {
            assert_eq!(decoded(&text), Err(reason.to_owned()), "{text}");
        }
        let mut bytes = [0; BYTES];
        assert_eq!(
            decode(&[200; 40], &mut bytes),
            Err("it is not text".to_owned())
        );
    }
}
