//! Tests of the names layer on small sources.
