// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

@Suite struct UnixTests {
    private func mode(_ path: String) -> UInt32? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }

    private func remove(_ folder: String) {
        for name in ["socket", "socket.lock"] { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    private func acceptOne(_ listener: inout UnixListener) throws -> UnixConnection {
        try #require(try isReady(listener.descriptor))
        guard case .accepted(let connection) = try listener.accept() else {
            throw SystemError(operation: .accept, code: EAGAIN)
        }
        return connection
    }

    @Test func aClientIsAcceptedAndKnown() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        var listener = try UnixListener(path: "\(folder)/socket", group: nil)
        let client = try UnixConnection.connect(to: "\(folder)/socket", timeout: .seconds(5))
        let server = try acceptOne(&listener)
        let who = try server.peerCredentials()
        #expect(who.user == getuid())
        #expect(who.group == getgid())
        #expect(who.process == getpid())
        #expect(client.descriptor.send([1].span) == .count(1))
        #expect(bytes(from: server.descriptor) == [1])
        guard case .wouldBlock = try listener.accept() else {
            Issue.record("nobody else connected")
            return
        }
    }

    @Test func aSilentServerCostsTheClientItsTimeout() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        let listener = try UnixListener(path: "\(folder)/socket", group: nil)
        let client = try UnixConnection.connect(to: "\(folder)/socket", timeout: .milliseconds(20))
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        #expect(client.descriptor.read(into: &span) == .wouldBlock)
        let hasGroup = listener.hasGroup
        #expect(!hasGroup)
    }

    @Test func theFileIsForTheOwnerOrForOneGroup() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        do {
            let listener = try UnixListener(path: "\(folder)/socket", group: "no-such-group")
            let hasGroup = listener.hasGroup
            #expect(!hasGroup)
            #expect(mode("\(folder)/socket") == 0o600)
        }
        #expect(mode("\(folder)/socket") == nil)
        let own = unsafe getgrgid(getgid())
        guard let own = unsafe own, let name = unsafe own.pointee.gr_name else { return }
        let listener = try UnixListener(
            path: "\(folder)/socket",
            group: unsafe String(cString: name)
        )
        let hasGroup = listener.hasGroup
        #expect(hasGroup)
        #expect(mode("\(folder)/socket") == 0o660)
    }

    @Test func aSecondListenerIsRefusedAndTheFirstGoesOn() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        var listener = try UnixListener(path: "\(folder)/socket", group: nil)
        #expect(throws: UnixListenerError.alreadyServed) {
            _ = try UnixListener(path: "\(folder)/socket", group: nil)
        }
        _ = try UnixConnection.connect(to: "\(folder)/socket", timeout: .seconds(5))
        _ = try acceptOne(&listener)
    }

    @Test func aSocketThatSomebodyAnswersOnIsLeftAlone() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        let listener = try UnixListener(path: "\(folder)/socket", group: nil)
        // Without its lock, as a program that knows no lock.
        unsafe unlink("\(folder)/socket.lock")
        #expect(throws: UnixListenerError.alreadyServed) {
            _ = try UnixListener(path: "\(folder)/socket", group: nil)
        }
        #expect(mode("\(folder)/socket") != nil)
        let hasGroup = listener.hasGroup
        #expect(!hasGroup)
    }

    @Test func aSocketThatNobodyAnswersOnIsReplaced() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        do {
            let listener = try UnixListener(path: "\(folder)/first", group: nil)
            // As after kill -9: the file outlives its listener under another name.
            let renamed = unsafe rename("\(folder)/first", "\(folder)/socket")
            #expect(renamed == 0)
            let hasGroup = listener.hasGroup
            #expect(!hasGroup)
        }
        unsafe unlink("\(folder)/first.lock")
        #expect(mode("\(folder)/socket") != nil)
        let refused = SystemError(operation: .connect, code: ECONNREFUSED)
        #expect(throws: refused) {
            _ = try UnixConnection.connect(to: "\(folder)/socket", timeout: .seconds(1))
        }
        var listener = try UnixListener(path: "\(folder)/socket", group: nil)
        _ = try UnixConnection.connect(to: "\(folder)/socket", timeout: .seconds(5))
        _ = try acceptOne(&listener)
    }

    @Test func anotherFileIsLeftAlone() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        close(unsafe creat("\(folder)/socket", 0o600))
        #expect(throws: UnixListenerError.notASocket) {
            _ = try UnixListener(path: "\(folder)/socket", group: nil)
        }
        #expect(mode("\(folder)/socket") == 0o600)
    }

    @Test func aSocketOfSomebodyElseSurvivesOurEnd() throws {
        let folder = try makeFolder()
        defer { remove(folder) }
        do {
            let listener = try UnixListener(path: "\(folder)/socket", group: nil)
            unsafe unlink("\(folder)/socket")
            close(unsafe creat("\(folder)/socket", 0o600))
            let hasGroup = listener.hasGroup
            #expect(!hasGroup)
        }
        #expect(mode("\(folder)/socket") == 0o600)
    }

    @Test func aPathThatIsTooLongOrImpossibleIsRefused() throws {
        let long = "/tmp/" + String(repeating: "x", count: 110)
        let error = SystemError(operation: .listen, code: ENAMETOOLONG)
        #expect(throws: UnixListenerError.system(error)) {
            _ = try UnixListener(path: long, group: nil)
        }
        unsafe unlink(long + ".lock")
        #expect(throws: SystemError(operation: .connect, code: EINVAL)) {
            _ = try UnixConnection.connect(to: "/tmp/a\0b", timeout: .seconds(1))
        }
    }
}
