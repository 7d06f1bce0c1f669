//! What the file system says of a file: enough to tell that it was not touched since.

use rustix::fs::FileType;

/// The tick of a file system whose times have fractions of seconds, with a margin: kernels round to
/// their timer, 1 to 10 ms.
const FINE_TICK_NS: i64 = 20_000_000;

/// The tick of one that counts whole seconds, some only every second one.
const COARSE_TICK_NS: i64 = 2_000_000_000;

/// What kind of thing a path is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    File,
    Symlink,
    Directory,
    Socket,
    Fifo,
    Device,
}

impl FileKind {
    /// Returns the word for it that a notice uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Symlink => "symbolic link",
            Self::Directory => "directory",
            Self::Socket => "socket",
            Self::Fifo => "named pipe",
            Self::Device => "device",
        }
    }

    /// Tells whether it can be versioned.
    pub fn is_storable(self) -> bool {
        matches!(self, Self::File | Self::Symlink)
    }

    pub(super) fn of(kind: FileType) -> Option<Self> {
        match kind {
            FileType::RegularFile => Some(Self::File),
            FileType::Symlink => Some(Self::Symlink),
            FileType::Directory => Some(Self::Directory),
            FileType::Socket => Some(Self::Socket),
            FileType::Fifo => Some(Self::Fifo),
            FileType::CharacterDevice | FileType::BlockDevice => Some(Self::Device),
            FileType::Unknown => None,
        }
    }
}

/// The facts of a file that change when it is written, replaced or made executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub size: u64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub inode: u64,
    pub mode: u32,
}

/// The bits of a mode that say whether anybody may execute the file.
const EXECUTABLE: u32 = 0o111;

impl Stat {
    pub fn kind(&self) -> FileKind {
        FileKind::of(FileType::from_raw_mode(self.mode)).unwrap_or(FileKind::Device)
    }

    /// Tells whether the owner may execute the file.
    pub fn is_executable(&self) -> bool {
        self.mode & EXECUTABLE & 0o100 != 0
    }

    /// Tells whether it was last written so long before it was looked at, at `observed_ns`, that a
    /// later write would show in the time.
    pub fn is_settled(&self, observed_ns: i64) -> bool {
        let coarse = self.ctime_ns % 1_000_000_000 == 0;
        let tick = if coarse { COARSE_TICK_NS } else { FINE_TICK_NS };
        self.mtime_ns.saturating_add(tick) <= observed_ns
    }

    /// Tells whether both are of the same bytes, as far as one can tell without reading: all but
    /// the time of the last change of name or mode.
    pub fn same_content(&self, other: &Self) -> bool {
        Self { ctime_ns: 0, ..*self } == Self { ctime_ns: 0, ..*other }
    }
}

impl From<rustix::fs::Stat> for Stat {
    fn from(stat: rustix::fs::Stat) -> Self {
        #[expect(clippy::unnecessary_cast, reason = "the fields differ between systems")]
        Self {
            size: stat.st_size as u64,
            mtime_ns: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime_ns: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
            mode: stat.st_mode as u32,
        }
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
