//! A lease on a file: nobody else has it open or mapped, and who opens it waits until the lease is
//! over. Linux grants one to the owner of a file, for as many seconds as it has set.
//!
//! The kernel tells the holder of a lease by a signal that somebody waits. Its default would end the
//! process, so another one is asked for that is ignored unless a program wants it.

use std::fs::File;

/// An open file that nobody else can open.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

impl Lease {
    /// Takes a lease on a file that is open for writing; returns nothing where somebody else has it
    /// open, or where the system or the file system cannot promise that nobody has. It ends when it
    /// is dropped, or with the process.
    pub fn take(file: File) -> Option<Self> {
        kernel::lease(&file).then_some(Self { file })
    }

    /// Tells whether nobody waits for the lease to end; the system ends one that others wait for.
    pub fn is_undisturbed(&self) -> bool {
        kernel::is_undisturbed(&self.file)
    }

    pub fn file(&self) -> &File {
        &self.file
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::fs::File;
    use std::os::fd::AsRawFd;

    /// The numbers by which Linux knows ext4 and its forebears, XFS, Btrfs, F2FS and tmpfs. Others may
    /// know of more readers than the kernel does, as those do that lie on a network or on another
    /// file system.
    const KNOWN: [i64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

    /// Says which signal to send; the library has no name for it.
    const F_SETSIG: libc::c_int = 10;

    pub fn lease(file: &File) -> bool {
        #[expect(clippy::unnecessary_cast, reason = "the field differs between machines")]
        let is_known = |stat: rustix::fs::StatFs| KNOWN.contains(&(stat.f_type as i64));
        rustix::fs::fstatfs(file).is_ok_and(is_known)
            && control(file, F_SETSIG, libc::SIGURG) == 0
            && control(file, libc::F_SETLEASE, libc::F_WRLCK) == 0
    }

    pub fn is_undisturbed(file: &File) -> bool {
        control(file, libc::F_GETLEASE, 0) == libc::F_WRLCK
    }

    /// Sets or asks for a number that the kernel keeps of an open file.
    #[expect(unsafe_code, reason = "no library has a safe call for leases")]
    fn control(file: &File, command: libc::c_int, value: libc::c_int) -> libc::c_int {
        // SAFETY: the descriptor is open as long as the borrow lasts, and these commands take a plain
        // number or none: no memory is handed over.
        unsafe { libc::fcntl(file.as_raw_fd(), command, value) }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    pub fn lease(_file: &std::fs::File) -> bool {
        false
    }

    pub fn is_undisturbed(_file: &std::fs::File) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::OpenOptionsExt;
    use std::time::{Duration, Instant};

    use super::*;

    /// Tells whether the file system of temporary files gives leases.
    fn can_lease() -> bool {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        Lease::take(open(&path)).is_some()
    }

    fn open(path: &std::path::Path) -> File {
        OpenOptions::new().read(true).write(true).open(path).unwrap()
    }

    #[test]
    fn a_lease_is_given_only_where_nobody_else_has_the_file_open_by_any_name() {
        if !can_lease() {
            return;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        assert!(Lease::take(open(&path)).is_none(), "the test has it open");
        let path = file.into_temp_path();
        assert!(Lease::take(open(&path)).is_some());
        let second = path.with_extension("second");
        fs::hard_link(&path, &second).unwrap();
        let reader = File::open(&second).unwrap();
        assert!(Lease::take(open(&path)).is_none());
        drop(reader);
        assert!(Lease::take(open(&path)).is_some());
        fs::remove_file(second).unwrap();
    }

    #[test]
    fn who_opens_a_leased_file_waits_and_the_holder_lives() {
        if !can_lease() {
            return;
        }
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let lease = Lease::take(open(&path)).unwrap();
        assert!(lease.is_undisturbed());
        let without_waiting = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(&path);
        assert_eq!(without_waiting.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        assert!(!lease.is_undisturbed());
        let start = Instant::now();
        let reader = std::thread::scope(|scope| {
            let reader = scope.spawn(|| File::open(&path));
            std::thread::sleep(Duration::from_millis(100));
            drop(lease);
            reader.join().unwrap()
        });
        assert!(reader.is_ok() && start.elapsed() >= Duration::from_millis(100));
    }
}
