//! Who may enter.

mod judging;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use judging::{ADMISSION, Question, Verdict};
use parking_lot::{Mutex, MutexGuard};

use super::key_folder::KeyFolder;
use super::networks::{self, Passage};
use super::revocations::Revocations;
use super::rules::{Closure, Rules};
use super::{AccessRequest, OnRevoke, Password, PublicKey, user_id};
use crate::error::{Error, Result};
use crate::ffi;

/// Who may enter a server: one table of rules, for PLAIN and for CURVE.
///
/// A new one lets nobody in. Its clones share the table, and so do the servers that were given it. It can be
/// changed at any time, from any thread: a change counts for the next client that connects. Each method gives
/// the same table again, so that calls can be chained.
///
/// # Rules
///
/// A client enters if its address may, and anything vouches for it. The order of the rules does not matter.
///
/// | rule | says |
/// |---|---|
/// | [`allow`](Access::allow), [`deny`](Access::deny) | which addresses may try. Of the networks that an address is in the narrowest decides; an address in none may try unless any network is allowed. By themselves they let nobody in |
/// | [`user`](Access::user) | vouches for a user with this password (PLAIN) |
/// | [`key`](Access::key) | vouches for a client with this key (CURVE) |
/// | [`folder`](Access::folder) | vouches for clients whose keys are in its files (CURVE) |
/// | [`ask`](Access::ask) | a closure, which is asked about clients that none of those above knows |
/// | [`any_key`](Access::any_key) | vouches for all clients with CURVE: encrypted, and not authenticated |
///
/// A user of the table has the password of the table: with another one, the closure is not asked.
///
/// ```
/// use zeroless::security::{Access, Password, PublicKey};
///
/// # let folder = std::env::temp_dir();
/// let key: PublicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7".parse()?;
/// let password = Password::new("a secret of ann's")?;
/// let users = Access::new().user("ann", password.clone())?;
/// let keys = Access::new().key("ann", key)?;
/// let from_a_folder = Access::new().folder(&folder)?;
/// let from_this_network = Access::new().user("ann", password.clone())?.allow("10.1.0.0/16")?;
/// let from_all_but_this = Access::new().user("ann", password)?.deny("10.1.0.7")?;
/// # Ok::<(), zeroless::Error>(())
/// ```
///
/// # Guessing passwords
///
/// Of one user and from one address (of IPv6 a /64, over ipc a user of the machine), five wrong passwords
/// are judged as they come, and later ones after a delay that doubles from a second to a minute; from one address
/// at most 100 a minute. A client that comes during the delay is not answered, tries again by itself after
/// its [handshake time](crate::Options::handshake_timeout), and so enters when the delay is over, if its password is right. The same wrong
/// password again is not a new guess, so a client that is configured wrongly keeps nobody out. Nor does an attacker
/// keep out another user than the one that is guessed at, nor that user at another address. Changing a user
/// ends the delay. Keys cannot be guessed, and are not delayed; but no more than 100 unknown ones a minute from one address
/// are given to the closure.
///
/// An address that has used up its 100 lets in those that have been let in from there before, and not
/// others: an attacker behind the same router as honest users can hold up the first connection of one. One that has
/// hundreds of addresses can do so to users everywhere.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    forks: u32,
    rules: Mutex<Rules>,
    revocations: Revocations,
}

impl Access {
    /// A table without rules: nobody enters.
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let nobody = Access::new();
    /// ```
    #[expect(
        clippy::new_without_default,
        reason = "one that lets nobody in is made on purpose"
    )]
    pub fn new() -> Access {
        ffi::count_forks();
        Access(Arc::new(Shared {
            forks: ffi::forks(),
            rules: Mutex::new(Rules::new()),
            revocations: Revocations::default(),
        }))
    }

    /// Adds a user with a password, or gives one a new password. A user that was
    /// [revoked](Access::revoke) may come in again, by a new connection.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if the name is empty, has more than 255 bytes, or has a NUL.
    /// [`Error::Forked`], as for all methods, in a process that was forked at a moment when the table was in
    /// use.
    ///
    /// ```
    /// # use zeroless::security::{Access, Password};
    /// let access = Access::new().user("ann", Password::new("a secret")?)?;
    /// // Later, while a server uses it:
    /// access.user("ann", Password::new("another")?)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn user(&self, name: &str, password: Password) -> Result<Access> {
        user_id::check(name)?;
        self.change(|rules| {
            rules.users.insert(name.to_owned(), password);
            rules.guesses.forget_user(name.as_bytes());
            self.0.revocations.readmit(name);
        })
    }

    /// Adds a key, and the user that it is of. A user may have several. As for [`user`](Access::user),
    /// one that was revoked may come in again.
    ///
    /// # Errors
    ///
    /// As [`user`](Access::user).
    ///
    /// ```
    /// # use zeroless::security::{Access, PublicKey};
    /// let key: PublicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7".parse()?;
    /// let access = Access::new().key("ann", key)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn key(&self, name: &str, key: PublicKey) -> Result<Access> {
        user_id::check(name)?;
        self.change(|rules| {
            rules.keys.insert(key, name.to_owned());
            rules.guesses.forget_user(key.as_bytes());
            self.0.revocations.readmit(name);
        })
    }

    /// Takes a user, and the keys of that name, out of the table. Connections that are up stay: see
    /// [`revoke`](Access::revoke).
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// # use zeroless::security::{Access, Password};
    /// let access = Access::new().user("ann", Password::new("a secret")?)?;
    /// access.remove_user("ann")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn remove_user(&self, name: &str) -> Result<Access> {
        self.change(|rules| remove_user(rules, name))
    }

    /// Lets in the clients whose public keys are in the certificate files of this folder: all but hidden ones
    /// and those of secrets (`*_secret`). Such files are written by [`Keys::save`](super::Keys::save), by pyzmq's `zmq.auth` and by
    /// czmq's `zcert`. The user is the file's name without its extension.
    ///
    /// The files' time stamps are read whenever a client connects, so that a file that is new, changed or
    /// removed counts at once. In a folder with so many that looking through them takes long, unknown keys have at
    /// most a tenth of the time spent on them: there a new file may count a moment later.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if it is not a folder, or cannot be read. A file that cannot be used later lets
    /// nobody in, and the log says so.
    ///
    /// ```no_run
    /// # use zeroless::security::Access;
    /// let access = Access::new().folder("/etc/jobs/clients")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn folder(&self, path: impl AsRef<Path>) -> Result<Access> {
        let path = path.as_ref();
        std::fs::read_dir(path).map_err(|error| Error::InvalidOption {
            option: "folder",
            reason: format!("{}: {error}", path.display()),
        })?;
        self.change(|rules| {
            rules.folders.retain(|folder| folder.path() != path);
            rules.folders.push(KeyFolder::new(path));
            rules.guesses.clear();
        })
    }

    /// Lets in all clients with CURVE, whatever their keys: connections are encrypted, and clients not
    /// authenticated. The user is the key, in Z85, if nothing else knows it.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let from_this_network = Access::new().any_key()?.allow("10.1.0.0/16")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn any_key(&self) -> Result<Access> {
        self.change(|rules| rules.any_key = true)
    }

    /// Asks a closure about clients that the rest of the table does not know: it gives the user that the client is, or
    /// `None`. There is one; another takes its place.
    ///
    /// It is called in a thread of its own, for one client after the other, and has half the
    /// [handshake time](crate::Options::handshake_timeout) for each: 1 s by default. A client for which it takes longer is denied, and so
    /// are all others that it would be asked about, until it returns. A panic denies, and is logged.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// use zeroless::security::{Access, AccessRequest};
    ///
    /// # fn look_up(user: &str, password: &[u8]) -> bool { false }
    /// let access = Access::new().ask(|request: &AccessRequest| {
    ///     let user = request.user()?;
    ///     look_up(user, request.password()?).then(|| user.to_owned())
    /// })?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn ask(
        &self,
        judge: impl FnMut(&AccessRequest) -> Option<String> + Send + 'static,
    ) -> Result<Access> {
        let mut old = Some(Arc::new(Closure::new(judge)));
        let changed = self.change(|rules| {
            std::mem::swap(&mut rules.closure, &mut old);
            rules.guesses.clear();
        });
        // It is the user's, and its drop may take any time.
        drop(old);
        changed
    }

    /// Lets clients try that connect from this address or network, and from no others but those that are
    /// allowed too. A client by ipc counts as one from 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if it is neither an address nor a network.
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let access = Access::new().any_key()?.allow("10.1.0.0/16")?.allow("2001:db8::7")?;
    /// access.deny("10.1.0.7")?; // one in it
    /// assert!(access.allow("10.1").is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn allow(&self, network: &str) -> Result<Access> {
        let network = networks::read(network)?;
        self.change(|rules| rules.networks.set(network, Passage::Allowed))
    }

    /// Lets no client try that connects from this address or network.
    ///
    /// # Errors
    ///
    /// As [`allow`](Access::allow).
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let access = Access::new().any_key()?.deny("10.1.0.7")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn deny(&self, network: &str) -> Result<Access> {
        let network = networks::read(network)?;
        self.change(|rules| rules.networks.set(network, Passage::Denied))
    }

    /// Takes an address or network out of the table that was [allowed](Access::allow) or
    /// [denied](Access::deny).
    ///
    /// # Errors
    ///
    /// As [`allow`](Access::allow).
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let access = Access::new().any_key()?.deny("10.1.0.7")?;
    /// access.remove_network("10.1.0.7")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn remove_network(&self, network: &str) -> Result<Access> {
        let network = networks::read(network)?;
        self.change(|rules| rules.networks.remove(network))
    }

    /// Takes all rules out: nobody enters. Connections that are up stay.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// let access = Access::new().any_key()?;
    /// access.clear()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn clear(&self) -> Result<Access> {
        let mut old = Rules::new();
        let changed = self.change(|rules| std::mem::swap(rules, &mut old));
        drop(old);
        changed
    }

    /// Sends a user away: what comes from connections of this user is dropped, from the next message that is
    /// received on, and no new connection of this user is let in, whatever vouches for it.
    /// Keys of this name are taken out of the table: beside [`any_key`](Access::any_key), whoever has one of them comes in
    /// again as a user that has the key for a name, until that is revoked too.
    ///
    /// Sockets that send do not know the users of their connections. So a server whose pattern sends (push,
    /// publish, pair and so on) is bound anew, which cuts all its connections: those of others come back by
    /// themselves, and what is queued for them may be lost.
    ///
    /// [`user`](Access::user), [`key`](Access::key) and [`readmit`](Access::readmit) let the user in again. Connections that were made before the
    /// revocation are not served even then: another may have the old password. A server whose pattern only receives (pull) does not cut
    /// them, and their clients are not told: what they send is dropped, [counted](crate::Pull::skipped) and logged until they connect anew.
    ///
    /// # Errors
    ///
    /// As [`user`](Access::user).
    ///
    /// ```
    /// # use zeroless::security::{Access, Password};
    /// let access = Access::new().user("ann", Password::new("a secret")?)?;
    /// access.revoke("ann")?;
    /// access.user("ann", Password::new("another")?)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn revoke(&self, user: &str) -> Result<Access> {
        user_id::check(user)?;
        let changed = self.change(|rules| {
            remove_user(rules, user);
            // While nobody is judged: a connection is let in before this revision, or not at all.
            self.0.revocations.revoke(user);
        })?;
        self.0.revocations.call_hooks();
        Ok(changed)
    }

    /// Lets a user come in again that was [revoked](Access::revoke), if anything vouches for that user: a
    /// file in a folder, or a closure.
    ///
    /// # Errors
    ///
    /// As [`user`](Access::user).
    ///
    /// ```
    /// # use zeroless::security::Access;
    /// # let folder = std::env::temp_dir();
    /// let access = Access::new().folder(folder)?;
    /// access.revoke("ann")?;
    /// access.readmit("ann")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn readmit(&self, user: &str) -> Result<Access> {
        user_id::check(user)?;
        self.change(|_| self.0.revocations.readmit(user))
    }

    /// Changes with each revocation.
    #[inline]
    pub(crate) fn revision(&self) -> u64 {
        self.0.revocations.revision()
    }

    /// Whether what comes from this user is to be dropped, by a connection that was let in at this revision.
    pub(crate) fn is_revoked(&self, user: &str, admission: u64) -> bool {
        self.0.revocations.is_revoked(user, admission)
    }

    /// Has a function called at each revocation, in the thread that revokes, with nothing locked.
    pub(crate) fn on_revoke(&self, call: impl Fn() + Send + Sync + 'static) -> OnRevoke {
        self.0.revocations.on_revoke(call)
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) -> Result<Access> {
        change(&mut *self.0.lock()?);
        Ok(self.clone())
    }
}

fn remove_user(rules: &mut Rules, name: &str) {
    rules.users.remove(name);
    rules.keys.retain(|_, user| user != name);
}

impl Shared {
    /// In a forked process the lock may be one that a thread of the parent's holds for ever.
    /// There it is tried now and then: a thread that waits for it waits in a table of the process's, which another
    /// may hold for ever, too.
    fn lock(&self) -> Result<MutexGuard<'_, Rules>> {
        if self.forks == ffi::forks() {
            return Ok(self.rules.lock());
        }
        for _ in 0..100 {
            if let Some(rules) = self.rules.try_lock() {
                return Ok(rules);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Error::Forked)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

/// Whether they are the same table.
impl PartialEq for Access {
    fn eq(&self, other: &Access) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Access {}

#[cfg(test)]
mod tests;
