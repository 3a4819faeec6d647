//! Files of keys.

use zeroless::security::Keys;

use crate::args::KeygenArgs;
use crate::exit::Exit;
use crate::notes::Notes;

/// Makes keys, and writes both files.
pub(crate) fn generate(args: &KeygenArgs, notes: Notes) -> Result<(), Exit> {
    let name = args.name.strip_suffix(".key").unwrap_or(&args.name);
    let keys = Keys::generate()?;
    keys.save(format!("{name}.key"))?;
    notes.tell(format_args!(
        "{name}.key has the public key {}, for others; {name}.key_secret is yours alone",
        keys.public()
    ));
    Ok(())
}
