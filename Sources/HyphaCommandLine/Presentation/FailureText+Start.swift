// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

extension FailureText {
    /// Why a node could not start.
    ///
    /// - Parameters:
    ///   - failure: What the daemon met.
    ///   - reason: The system's text for an error number.
    package init(_ failure: StartFailure, reason: (Int32) -> String) {
        switch failure {
        case .tunNotPermitted(let name): self = .tunNotPermitted(name)
        case .tunNotAvailable: self = .tunNotAvailable
        case .tunNameTaken(let name):
            self.init(
                "the network device \(name) is in use",
                remedies: ["choose another name with --tun-name, or stop the other node"]
            )
        case .tunFailed(let name, let errno):
            self.init(
                "the TUN device \(name) cannot be set up: \(reason(errno))",
                remedies: [
                    "look at the kernel log: dmesg", "or run without it: hypha run --no-tun",
                ]
            )
        case .stateDirectory(let path, let errno):
            self.init(
                "the state folder \(path) cannot be used: \(reason(errno))",
                remedies: ["name another one with --state-dir, or run as root"]
            )
        case .keyFile(let path, let errno):
            self.init(
                "the key file \(path) cannot be used: \(reason(errno))",
                remedies: ["check its owner and permissions, or name another with --key-file"]
            )
        case .keyFileMalformed(let path, let count):
            self.init(
                "the key file \(path) has \(count) bytes, a key has 32",
                remedies: ["restore it, or make a new one: hypha key generate --force"]
            )
        case .networkKeyFile(let path, let errno):
            self = .networkKeyFile(path, reason(errno))
        case .networkKeyFileExposed(let path): self = .networkKeyFileExposed(path)
        case .networkKeyFileMalformed(let path): self = .networkKeyFileMalformed(path)
        case .keyUnusable(let path):
            self.init(
                "the key in \(path) cannot be used",
                remedies: ["make a new one: hypha key generate --force"]
            )
        case .listen(let endpoint, let errno):
            self.init(
                "cannot listen on \(endpoint): \(reason(errno))",
                remedies: [
                    "see who has the port: ss --listening --tcp --processes",
                    "or choose another with --listen",
                ]
            )
        case .controlSocket(let path, let errno):
            self.init(
                "the control socket \(path) cannot be made: \(reason(errno))",
                remedies: ["name another place with --control"]
            )
        case .alreadyRunning(let path):
            self.init(
                "a node runs already and answers on \(path)",
                remedies: [
                    "stop it: sudo systemctl stop hypha",
                    "or give this one its own --state-dir, --tun-name and --listen",
                ]
            )
        case .cryptoBackend(let choice): self = .noCipher(choice)
        case .noCryptoBackend: self = .noCipherAtAll
        case .resource(let errno):
            self.init(
                "the system refuses what a node needs: \(reason(errno))",
                remedies: ["raise the limit: ulimit -n, or LimitNOFILE= in the unit"]
            )
        }
    }

    private static func networkKeyFile(_ path: String, _ reason: String) -> FailureText {
        FailureText(
            "the network's key file \(path) cannot be used: \(reason)",
            remedies: ["check its owner and permissions, or name another: --network-key-file"]
        )
    }

    private static func networkKeyFileExposed(_ path: String) -> FailureText {
        FailureText(
            "the network's key file \(path) can be read by others",
            remedies: ["close it: chmod 600 \(path)"]
        )
    }

    private static func tunNotPermitted(_ name: String) -> FailureText {
        FailureText(
            "the TUN device \(name) cannot be made without the capability CAP_NET_ADMIN",
            remedies: [
                "grant it: sudo setcap cap_net_admin+ep $(command -v hypha), "
                    + "or run the service: sudo systemctl start hypha",
                "or route for others only, without privileges: hypha run --no-tun",
            ]
        )
    }

    private static let tunNotAvailable = FailureText(
        "there is no /dev/net/tun",
        remedies: [
            "load the module: sudo modprobe tun (in a container: pass the device in)",
            "or route for others only: hypha run --no-tun",
        ]
    )

    private static func networkKeyFileMalformed(_ path: String) -> FailureText {
        FailureText(
            "the network's key file \(path) does not hold exactly 32 bytes",
            remedies: ["copy it from a node of the network, or make one: head -c 32 /dev/urandom"]
        )
    }

    private static func noCipher(_ choice: CryptoPreference) -> FailureText {
        FailureText(
            "the cipher library \(choice.rawValue) is absent or does not work here",
            remedies: ["install it (Debian: libipsec-mb1), or let crypto.backend be auto"]
        )
    }

    private static let noCipherAtAll = FailureText(
        "no cipher library passes its test",
        remedies: ["install libssl3 anew; if it stays so, the processor is to be doubted"]
    )
}
