//! What a pickle may import, and what is known of it.

/// What loading a pickle does with a name that it imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It makes plain values, tensors or arrays.
    Harmless,
    /// It may be a class of a library; loading runs its code.
    Unknown,
    /// It runs commands or code, or opens files and connections.
    Dangerous,
}

/// A name that a pickle imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickleImport {
    pub module: String,
    pub name: String,
    pub verdict: Verdict,
}

/// Modules with the names in them that only make values.
const HARMLESS: &[(&str, &[&str])] = &[
    ("collections", &["OrderedDict", "defaultdict", "deque", "Counter"]),
    ("_codecs", &["encode"]),
    ("copyreg", &["_reconstructor"]),
    ("copy_reg", &["_reconstructor"]),
    ("datetime", &["date", "datetime", "time", "timedelta", "timezone"]),
    ("decimal", &["Decimal"]),
    ("fractions", &["Fraction"]),
    ("uuid", &["UUID"]),
    ("builtins", BUILTINS),
    ("__builtin__", BUILTINS),
    ("numpy", &["dtype", "ndarray"]),
    ("numpy.core.multiarray", &["_reconstruct", "scalar"]),
    ("numpy._core.multiarray", &["_reconstruct", "scalar"]),
    ("numpy.core.numeric", &["_frombuffer"]),
    ("numpy._core.numeric", &["_frombuffer"]),
    ("torch", TORCH),
    ("torch.nn.parameter", &["Parameter"]),
    ("torch.serialization", &["_get_layout"]),
    ("torch.storage", &["UntypedStorage", "TypedStorage"]),
    (
        "torch._utils",
        &[
            "_rebuild_tensor",
            "_rebuild_tensor_v2",
            "_rebuild_tensor_v3",
            "_rebuild_parameter",
            "_rebuild_parameter_with_state",
            "_rebuild_qtensor",
            "_rebuild_sparse_tensor",
        ],
    ),
];

const BUILTINS: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "long",
    "unicode",
];

const TORCH: &[&str] = &[
    "BFloat16Storage",
    "BoolStorage",
    "ByteStorage",
    "CharStorage",
    "ComplexDoubleStorage",
    "ComplexFloatStorage",
    "DoubleStorage",
    "FloatStorage",
    "HalfStorage",
    "IntStorage",
    "LongStorage",
    "QInt32Storage",
    "QInt8Storage",
    "QUInt8Storage",
    "ShortStorage",
    "UntypedStorage",
    "Size",
    "Tensor",
    "bfloat16",
    "bool",
    "device",
    "float16",
    "float32",
    "float64",
    "int16",
    "int32",
    "int64",
    "int8",
    "uint8",
];

/// Modules of which nothing belongs into data, with all below them.
const DANGEROUS: &[&str] = &[
    "os",
    "nt",
    "posix",
    "posixpath",
    "ntpath",
    "subprocess",
    "sys",
    "runpy",
    "importlib",
    "imp",
    "socket",
    "shutil",
    "pty",
    "commands",
    "webbrowser",
    "ctypes",
    "_ctypes",
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "timeit",
    "pip",
    "pdb",
    "bdb",
    "asyncio",
    "operator",
    "_operator",
    "functools",
    "code",
    "codeop",
    "types",
    "urllib",
    "requests",
    "http",
    "httplib",
    "ftplib",
    "smtplib",
    "tempfile",
    "multiprocessing",
    "threading",
    "_thread",
    "signal",
    "platform",
    "ssl",
    "pkgutil",
    "profile",
    "cProfile",
    "trace",
    "doctest",
    "venv",
    "ensurepip",
    "zipimport",
    "linecache",
    "inspect",
    "gc",
    "atexit",
    "io",
    "_io",
    "pathlib",
    "glob",
    "fileinput",
    "numpy.testing",
    "numpy.f2py",
    "torch.hub",
    "torch.jit",
    "torch.utils.cpp_extension",
    "torch._inductor",
    "torch._dynamo",
];

/// Judges a name by lists of what is known; the names in a module of harmless ones that are not listed
/// are unknown, and those of the language itself dangerous.
pub fn verdict(module: &str, name: &str) -> Verdict {
    let is_harmless = |(known, names): &(&str, &[&str])| *known == module && names.contains(&name);
    let is_below = |known: &&str| {
        module.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if HARMLESS.iter().any(is_harmless) {
        Verdict::Harmless
    } else if matches!(module, "builtins" | "__builtin__") || DANGEROUS.iter().any(is_below) {
        Verdict::Dangerous
    } else {
        Verdict::Unknown
    }
}
