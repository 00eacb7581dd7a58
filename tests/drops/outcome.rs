// Which way a decision goes: known to the program that runs and to the walk that follows linger's flow.

/// After so many decisions a run is cut.
pub const ENOUGH: u32 = 120;

/// The way that `site` takes at its `visit`th visit, of `ways`.
pub fn outcome(site: &str, visit: u32, ways: usize) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in site.bytes().chain(visit.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (hash >> 32) as usize % ways.max(1)
}
