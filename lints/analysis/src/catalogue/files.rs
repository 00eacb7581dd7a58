//! The files of the catalogue.

/// Signatures: the generated table, then the corrections to it.
pub(super) const SIGNATURES: &[&str] = &[
    include_str!("../../../catalogue/signatures.txt"),
    include_str!("../../../catalogue/signatures-extra.txt"),
];

/// A file of reviewed facts.
pub(super) struct FactsFile {
    /// The crates that it tells of, and no other file does.
    pub(super) crates: &'static [&'static str],
    /// Its text.
    pub(super) text: &'static str,
}

/// Reviewed facts, one file for each crate or small family.
pub(super) const FACTS: &[FactsFile] = &[
    FactsFile {
        crates: &["std"],
        text: include_str!("../../../catalogue/std.toml"),
    },
    FactsFile {
        crates: &[
            "arc_swap",
            "crossbeam_epoch",
            "crossbeam_utils",
            "fd_lock",
            "fs2",
            "fs4",
            "lock_api",
            "loom",
            "once_cell",
            "parking_lot",
            "spin",
        ],
        text: include_str!("../../../catalogue/locks.toml"),
    },
    FactsFile {
        crates: &["dashmap"],
        text: include_str!("../../../catalogue/dashmap.toml"),
    },
    FactsFile {
        crates: &[
            "tokio",
            "tokio_rustls",
            "tokio_stream",
            "tokio_tungstenite",
            "tokio_util",
        ],
        text: include_str!("../../../catalogue/tokio.toml"),
    },
    FactsFile {
        crates: &[
            "futures_channel",
            "futures_executor",
            "futures_lite",
            "futures_util",
        ],
        text: include_str!("../../../catalogue/futures.toml"),
    },
    FactsFile {
        crates: &[
            "async_channel",
            "async_executor",
            "async_fs",
            "async_io",
            "async_lock",
            "async_process",
            "async_std",
            "async_task",
            "blocking",
            "event_listener",
            "glommio",
            "monoio",
            "smol",
        ],
        text: include_str!("../../../catalogue/smol.toml"),
    },
    FactsFile {
        crates: &["crossbeam_channel", "flume", "rayon_core", "threadpool"],
        text: include_str!("../../../catalogue/threads.toml"),
    },
    FactsFile {
        crates: &[
            "bb8",
            "deadpool",
            "deadpool_postgres",
            "deadpool_redis",
            "diesel",
            "heed",
            "moka",
            "mongodb",
            "postgres",
            "r2d2",
            "redb",
            "redis",
            "rocksdb",
            "rusqlite",
            "sea_orm",
            "sled",
            "sqlx_core",
            "sqlx_postgres",
            "tokio_postgres",
        ],
        text: include_str!("../../../catalogue/databases.toml"),
    },
    FactsFile {
        crates: &["async_nats", "lapin", "rdkafka", "rumqttc"],
        text: include_str!("../../../catalogue/messaging.toml"),
    },
    FactsFile {
        crates: &[
            "actix",
            "actix_rt",
            "actix_server",
            "aws_config",
            "aws_sdk_dynamodb",
            "aws_sdk_s3",
            "aws_sdk_sqs",
            "axum",
            "h2",
            "http",
            "hyper",
            "hyper_util",
            "lettre",
            "native_tls",
            "object_store",
            "quinn",
            "reqwest",
            "rustls",
            "tonic",
            "tungstenite",
            "ureq",
        ],
        text: include_str!("../../../catalogue/http.toml"),
    },
    FactsFile {
        crates: &[
            "assert_fs",
            "brotli",
            "bzip2",
            "csv",
            "flate2",
            "fs_err",
            "git2",
            "lz4_flex",
            "memmap2",
            "object_store",
            "tar",
            "tempfile",
            "xz2",
            "zip",
            "zstd",
        ],
        text: include_str!("../../../catalogue/files.toml"),
    },
    FactsFile {
        crates: &["epoll", "libc", "libsqlite3_sys", "nix"],
        text: include_str!("../../../catalogue/raw.toml"),
    },
    FactsFile {
        crates: &[
            "crossterm",
            "ctrlc",
            "dialoguer",
            "duct",
            "indicatif",
            "notify",
            "portable_pty",
            "ratatui",
            "signal_hook",
            "signal_hook_registry",
            "termion",
            "wait_timeout",
        ],
        text: include_str!("../../../catalogue/terminal.toml"),
    },
    FactsFile {
        crates: &[
            "log",
            "metrics",
            "opentelemetry",
            "opentelemetry_sdk",
            "sentry",
            "sentry_core",
            "tracing",
            "tracing_appender",
            "tracing_core",
            "tracing_subscriber",
        ],
        text: include_str!("../../../catalogue/telemetry.toml"),
    },
    FactsFile {
        crates: &["anyhow", "eyre", "fancy_regex", "regex", "scopeguard"],
        text: include_str!("../../../catalogue/misc.toml"),
    },
];
