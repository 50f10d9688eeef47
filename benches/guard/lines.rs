//! Clean log lines in the forms of common programs.

/// How many of each form.
const REPEATS: u64 = 2_000;

/// Lines of a web server, a service, a distributed system and a kernel; no two are the same.
pub(super) fn made() -> Vec<String> {
    (1..=REPEATS).flat_map(forms).collect()
}

fn forms(number: u64) -> [String; 5] {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (high, low) = (mixed >> 32, mixed & 0xffff_ffff);
    [
        format!(
            "192.0.2.{} - - [22/Nov/2026:15:27:58 +0000] \"GET /items/{low}?page={} HTTP/1.1\" 200 \
             {} \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\"",
            number % 256,
            number % 40,
            low % 99_999
        ),
        format!(
            "2026-11-22T15:27:58.{:06}Z  INFO request{{id={high:08x}-{:04x}-7{:03x}-8a2f-{mixed:012x} \
             method=GET}}: finished processing latency={} ms status=200",
            low % 1_000_000,
            high & 0xffff,
            low & 0xfff,
            low % 900
        ),
        format!(
            "081122 152758 {} INFO dfs.DataNode$PacketResponder: Received block blk_{mixed} of size \
             {} from /10.0.{}.{}",
            number % 999,
            low % 67_108_864,
            number % 256,
            high % 256
        ),
        format!(
            "2026-11-22 15:27:58,{:03} - INFO  [main:ZooKeeperServer@{}] - Established session \
             0x{mixed:x} with negotiated timeout 10000 for client /10.0.0.{}:{}",
            number % 1000,
            low % 700,
            number % 256,
            low % 65_536
        ),
        format!(
            "Nov 22 15:27:58 web sshd[{}]: Connection closed by 10.1.1.{} [preauth]",
            low % 32_768,
            number % 256
        ),
    ]
}
