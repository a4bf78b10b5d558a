// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Why a node could not start, or had to stop; the program turns it into words.
///
/// `errno` is the system's error number.
package enum StartFailure: Error, Hashable, Sendable {
    /// A TUN device needs CAP_NET_ADMIN, which the process lacks.
    case tunNotPermitted(name: String)
    /// /dev/net/tun does not exist.
    case tunNotAvailable
    /// The name is another process's device, or one of another kind.
    case tunNameTaken(name: String)
    /// Any other refusal of the TUN device, its address or its route.
    case tunFailed(name: String, errno: Int32)
    /// The state folder can be neither made nor used.
    case stateDirectory(path: String, errno: Int32)
    /// The key file can be neither read nor made.
    case keyFile(path: String, errno: Int32)
    /// The key file does not hold 32 bytes.
    case keyFileMalformed(path: String, byteCount: Int)
    /// The key of the private network cannot be read.
    case networkKeyFile(path: String, errno: Int32)
    /// Others may read the key of the private network.
    case networkKeyFileExposed(path: String)
    /// The file of the private network's key does not hold 32 bytes and nothing else.
    case networkKeyFileMalformed(path: String)
    /// The secret key gives no usable public key.
    case keyUnusable(path: String)
    /// Nothing listens because the address is in use or not ours.
    case listen(Endpoint, errno: Int32)
    /// The control socket could not be made.
    case controlSocket(path: String, errno: Int32)
    /// Another node answers on the control socket.
    case alreadyRunning(path: String)
    /// The cipher library that was asked for is absent or fails its known-answer test.
    case cryptoBackend(CryptoPreference)
    /// No cipher library passes its known-answer test.
    case noCryptoBackend
    /// A system resource was refused: descriptors, threads, memory.
    case resource(errno: Int32)
}
