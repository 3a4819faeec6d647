//! The security of an end, from its files.

use std::path::Path;

use zeroless::security::{Access, Curve, Keys, Password, Plain, PublicKey, Security};

use crate::args::{Role, TrafficArgs};
use crate::exit::Exit;

/// The security that the options ask for.
pub(crate) fn security(args: &TrafficArgs, role: Role) -> Result<Option<Security>, Exit> {
    let by_key = args.key.is_some() || args.server_key.is_some() || !args.allow.is_empty();
    if let (Some(user), Some(file)) = (&args.user, &args.password_file) {
        if by_key {
            return Err(Exit::usage("either a user and a password, or keys"));
        }
        let password = Password::load(file)?;
        return Ok(Some(match role {
            Role::Client => Plain::user(user, password).into(),
            Role::Server => Plain::server(Access::new().user(user, password)?).into(),
        }));
    }
    if !by_key {
        return Ok(None);
    }
    match role {
        Role::Client => client(args).map(Some),
        Role::Server => server(args).map(Some),
    }
}

fn client(args: &TrafficArgs) -> Result<Security, Exit> {
    let Some(server) = &args.server_key else {
        return Err(Exit::usage("--key wants --server-key, too"));
    };
    if !args.allow.is_empty() {
        return Err(Exit::usage("--allow is for servers"));
    }
    let keys = match &args.key {
        Some(file) => Keys::load(file)?,
        // Known to nobody: for servers that let in any.
        None => Keys::generate()?,
    };
    Ok(Curve::client(&keys, PublicKey::load(server)?).into())
}

fn server(args: &TrafficArgs) -> Result<Security, Exit> {
    let Some(key) = &args.key else {
        return Err(Exit::usage("a server wants its --key"));
    };
    if args.server_key.is_some() {
        return Err(Exit::usage(
            "--server-key is for clients (a server's own is --key)",
        ));
    }
    if args.allow.is_empty() {
        return Err(Exit::usage(
            "--key wants --allow: the clients' public keys, as files or in a folder",
        ));
    }
    let mut access = Access::new();
    for path in &args.allow {
        access = match path.is_dir() {
            true => access.folder(path)?,
            false => access.key(&name(path), PublicKey::load(path)?)?,
        };
    }
    Ok(Curve::server(&Keys::load(key)?, access).into())
}

/// The name of the client with the key in this file.
fn name(file: &Path) -> String {
    file.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into()
}
