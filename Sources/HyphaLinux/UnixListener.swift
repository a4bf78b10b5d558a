// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// Why a unix socket could not be opened for listening.
package enum UnixListenerError: Error, Hashable, Sendable {
    /// Another process listens there; do not start twice.
    case alreadyServed
    /// Something else than a socket is at the path; it is left alone.
    case notASocket
    /// The system refused.
    case system(SystemError)
}

/// A listening unix stream socket at a path, kept by one process alone.
package struct UnixListener: ~Copyable {
    /// For ``Poller/add(_:token:interest:trigger:)``; readable while somebody waits.
    package let descriptor: Descriptor
    private var acceptor = Acceptor()
    /// `nil` for a socket that somebody else made.
    private let file: SocketFile?
    /// Whether the group was found and given access.
    package let hasGroup: Bool

    /// Listens at a path with access for the owner and one group (mode 0660), or the owner alone
    /// (0600).
    ///
    /// A socket that nobody answers on is replaced. `PATH.lock` keeps two processes from doing so
    /// at once.
    ///
    /// - Parameters:
    ///   - path: 107 bytes at most; its folder exists.
    ///   - group: Given access if there is such a group and we may; see ``hasGroup``.
    /// - Throws: ``UnixListenerError``; nothing is left behind but the lock file.
    package init(path: String, group: String?) throws(UnixListenerError) {
        do throws(SystemError) {
            try refuseZeroByte(in: path, .listen)
            if let group { try refuseZeroByte(in: group, .listen) }
        } catch { throw .system(error) }
        // Safe: the text lives for the call.
        let lockNumber = unsafe hypha_lock_file(path + ".lock")
        guard lockNumber != -EAGAIN else { throw .alreadyServed }
        let lock = Descriptor(adopting: try Self.accept(lockNumber, .lockSocket))
        try Self.removeStaleSocket(path)
        // Safe: the text lives for the call.
        let result = unsafe hypha_unix_listen(path, Limits.listenBacklog)
        let descriptor = Descriptor(adopting: try Self.accept(result, .listen))
        guard case .socket(let identity) = SocketFile.inspect(path) else {
            throw .system(SystemError(operation: .inspectSocketFile, code: ENOENT))
        }
        file = SocketFile(path: path, identity: identity, lock: lock)
        hasGroup = group.map { Self.give(path, toGroup: $0) } ?? false
        self.descriptor = descriptor
    }

    /// Takes over a listening socket, as handed in by the service manager; its file is left alone.
    ///
    /// - Throws: ``UnixListenerError/system(_:)``.
    package init(adopting descriptor: consuming Descriptor) throws(UnixListenerError) {
        try Self.accept(hypha_set_non_blocking(descriptor.rawValue), .listen)
        file = nil
        hasGroup = false
        self.descriptor = descriptor
    }

    /// Takes the next waiting connection; never waits.
    ///
    /// - Throws: ``SystemError`` when the listener itself is of no more use.
    package mutating func accept() throws(SystemError) -> AcceptResult<UnixConnection> {
        switch try acceptor.accept(on: descriptor) {
        case .accepted(let number, _):
            return .accepted(UnixConnection(Descriptor(adopting: number)))
        case .wouldBlock: return .wouldBlock
        case .aborted: return .aborted
        case .descriptorLimit: return .descriptorLimit
        }
    }

    // MARK: - The file

    private static func removeStaleSocket(_ path: String) throws(UnixListenerError) {
        switch SocketFile.inspect(path) {
        case .nothing: return
        case .failed(ENOTSOCK): throw .notASocket
        case .failed(let code):
            throw .system(SystemError(operation: .inspectSocketFile, code: code))
        case .socket: break
        }
        switch answer(at: path) {
        // Only a refusal proves that nobody listens; a full backlog (EAGAIN) does not.
        case ECONNREFUSED, ENOENT: break
        case 0, EAGAIN: throw .alreadyServed
        case let code: throw .system(SystemError(operation: .connect, code: code))
        }
        // Safe: the text lives for the call.
        let result = unsafe hypha_unlink(path)
        if result != -ENOENT { try accept(result, .removeSocketFile) }
    }

    /// 0 when somebody accepts connections, otherwise the errno value.
    private static func answer(at path: String) -> Int32 {
        do throws(SystemError) {
            _ = try UnixConnection.connect(to: path, timeout: .milliseconds(500))
            return 0
        } catch {
            return error.code
        }
    }

    private static func give(_ path: String, toGroup group: String) -> Bool {
        // Safe: the texts live for the calls.
        let number = unsafe hypha_group_number(group)
        guard number >= 0, let number = UInt32(exactly: number) else { return false }
        guard unsafe hypha_set_group(path, number) == 0 else { return false }
        return unsafe hypha_set_mode(path, 0o660) == 0
    }

    @discardableResult
    private static func accept(
        _ result: Int32,
        _ operation: SystemError.Operation
    ) throws(UnixListenerError) -> Int32 {
        do throws(SystemError) { return try check(result, operation) } catch {
            throw .system(error)
        }
    }
}
