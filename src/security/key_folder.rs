//! A folder of clients' public keys, in certificate files.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::{PublicKey, user_id};
use crate::throttle::Throttle;

/// A folder, and what was read of it last. All files are certificates but hidden ones, and those of secrets
/// (`*_secret`).
#[derive(Debug)]
pub(super) struct KeyFolder {
    path: PathBuf,
    files: BTreeMap<OsString, File>,
    /// Of two files with the same key the first counts, by name.
    names: HashMap<PublicKey, OsString>,
    /// When the folder may be looked through again.
    next_look: Option<Instant>,
    throttle: Throttle,
    /// For the log, which must not be written to under a lock: a logger may use the access.
    lines: Vec<String>,
}

#[derive(Debug)]
struct File {
    stamp: Stamp,
    /// The key and its user; `None` if it cannot be used, as the log has said.
    entry: Option<(PublicKey, String)>,
}

/// The state of a file, from which it can be seen that it has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
    length: u64,
    /// It was changed just now, and may be once more without another time.
    is_fresh: bool,
}

/// The system's times for files have steps, which are shorter than this.
const STEP: Duration = Duration::from_millis(50);

/// A tenth of the time at most is spent looking: strangers decide how often.
const SHARE: u32 = 10;

impl KeyFolder {
    pub(super) fn new(path: &Path) -> KeyFolder {
        KeyFolder {
            path: path.to_owned(),
            files: BTreeMap::new(),
            names: HashMap::new(),
            next_look: None,
            throttle: Throttle::new(),
            lines: Vec::new(),
        }
    }

    /// The lines for the log so far.
    pub(super) fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The user whose key this is now.
    pub(super) fn user(&mut self, key: &PublicKey) -> Option<&str> {
        if !self.is_current(key) {
            self.read_again(key);
        }
        if !self.names.contains_key(key) {
            self.look();
        }
        let file = self.files.get(self.names.get(key)?)?;
        file.entry.as_ref().map(|(_, user)| user.as_str())
    }

    /// Whether the file of this key is as it was when it was read.
    fn is_current(&self, key: &PublicKey) -> bool {
        let Some(name) = self.names.get(key) else {
            return false;
        };
        let stamp = fs::metadata(self.path.join(name)).map(|it| Stamp::of(&it));
        let known = self.files.get(name).map(|file| file.stamp);
        known.is_some_and(|known| !known.is_fresh) && stamp.ok() == known
    }

    /// Reads the file of a known key again, at once: strangers may have the folder looked through so often that the next
    /// look is far off, and a key that was taken out of its file must not be known until then.
    fn read_again(&mut self, key: &PublicKey) {
        let Some(name) = self.names.get(key) else {
            return;
        };
        let stamp = fs::metadata(self.path.join(name)).map(|it| Stamp::of(&it));
        match (stamp, read(&self.path, name)) {
            (Ok(stamp), Ok(entry)) if entry.0 == *key => {
                let entry = Some(entry);
                self.files.insert(name.clone(), File { stamp, entry });
            }
            // The next look takes it for a new file, if it is still there.
            _ => {
                self.files.remove(name);
                self.names.remove(key);
            }
        }
    }

    /// Looks through the folder, unless that was done just now.
    fn look(&mut self) {
        let began = Instant::now();
        if self.next_look.is_some_and(|at| began < at) {
            return;
        }
        match self.stamps() {
            Ok(stamps) => self.take_in(stamps),
            Err(error) => {
                self.take_in(BTreeMap::new());
                if let Some(left_out) = self.throttle.admit() {
                    let path = self.path.display();
                    let line = format!("nobody enters by the keys in {path}: {error}{left_out}");
                    self.lines.push(line);
                }
            }
        }
        let ended = Instant::now();
        self.next_look = Some(ended + (ended - began) * SHARE);
    }

    /// The certificate files that there are.
    fn stamps(&self) -> io::Result<BTreeMap<OsString, Stamp>> {
        let mut stamps = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let bytes = name.as_bytes();
            if bytes.starts_with(b".") || bytes.ends_with(b"_secret") {
                continue;
            }
            // Also of what a link leads to. One that has gone meanwhile is not there.
            if let Ok(metadata) = fs::metadata(self.path.join(&name))
                && metadata.is_file()
            {
                stamps.insert(name, Stamp::of(&metadata));
            }
        }
        Ok(stamps)
    }

    /// Reads the files that are new or have changed, and forgets those that are gone.
    fn take_in(&mut self, stamps: BTreeMap<OsString, Stamp>) {
        self.files.retain(|name, _| stamps.contains_key(name));
        for (name, stamp) in stamps {
            let known = self.files.get(&name).map(|file| file.stamp);
            if known == Some(stamp) && !stamp.is_fresh {
                continue;
            }
            let read = read(&self.path, &name);
            if let Err(reason) = &read
                && known.is_none_or(|known| known != stamp)
                && let Some(left_out) = self.throttle.admit()
            {
                let path = self.path.join(&name);
                let line = format!("nobody enters by {}: {reason}{left_out}", path.display());
                self.lines.push(line);
            }
            let entry = read.ok();
            self.files.insert(name, File { stamp, entry });
        }
        self.names.clear();
        for (name, file) in &self.files {
            if let Some((key, _)) = &file.entry {
                self.names.entry(*key).or_insert_with(|| name.clone());
            }
        }
    }
}

/// Reads a file: its key, and its name without the extension.
fn read(folder: &Path, name: &OsString) -> Result<(PublicKey, String), String> {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    let user = stem.ok_or("its name is not UTF-8 text")?;
    if let Some(fault) = user_id::fault(user) {
        return Err(format!("its name is not a user's: {fault}"));
    }
    let key = PublicKey::load(folder.join(name)).map_err(|error| error.to_string())?;
    Ok((key, user.to_owned()))
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
        let nanoseconds = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
        let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        // A clock that was set back is not known to have passed it.
        let is_fresh = changed.elapsed().map_or(true, |age| age < STEP);
        Stamp {
            file: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
            is_fresh,
        }
    }
}
