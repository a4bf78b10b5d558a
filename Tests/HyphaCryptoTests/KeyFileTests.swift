// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaBytes
import HyphaCrypto
import Synchronization
import Testing

@Suite final class KeyFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hypha-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func write(_ bytes: [UInt8], to name: String, mode: Int = 0o600) throws -> KeyFile {
        try Data(bytes).write(to: folder.appending(path: name))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
        return KeyFile(path: path(name))
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func aNewFileHoldsTheSecretAndIsPrivate() throws {
        let file = KeyFile(path: path("key"))
        let created = try file.create()
        let loaded = try file.load()
        #expect(loaded.warning == nil)
        let isSame = loaded.takeSecret().isEqual(to: created)
        #expect(isSame)
        #expect(try mode(file.path) == 0o600)
        #expect(try Data(contentsOf: URL(filePath: file.path)).count == 32)
        #expect(try names() == ["key"])
    }

    @Test func missingFoldersAreMadePrivate() throws {
        let file = KeyFile(path: path("a/b/key"))
        _ = try file.create()
        #expect(try mode(path("a")) == 0o700)
        #expect(try mode(path("a/b")) == 0o700)
        _ = try file.load()
    }

    @Test func anExistingFileIsNotOverwritten() throws {
        let content = [UInt8](0..<32)
        let file = try write(content, to: "key")
        #expect(throws: KeyFileError.exists(path: file.path)) { _ = try file.create() }
        let isSame = try file.load().takeSecret().isEqual(to: secret(content))
        #expect(isSame)
        #expect(try names() == ["key"])
    }

    @Test func replacingMustBeAskedFor() throws {
        let content = [UInt8](0..<32)
        let file = try write(content, to: "key", mode: 0o644)
        let replaced = try file.replace()
        let isOld = replaced.isEqual(to: secret(content))
        #expect(!isOld)
        let isNew = try file.load().takeSecret().isEqual(to: replaced)
        #expect(isNew)
        #expect(try mode(file.path) == 0o600)
        #expect(try names() == ["key"])
    }

    @Test func longerFilesAreAcceptedAndTheRestIgnored() throws {
        let file = try write([UInt8](0..<100), to: "key")
        let isPrefix = try file.load().takeSecret().isEqual(to: secret([UInt8](0..<32)))
        #expect(isPrefix)
    }

    @Test(arguments: [31, 32, 33, 64]) func exactlyMeansThatNothingIsIgnored(count: UInt8) throws {
        let file = try write([UInt8](0..<count), to: "key")
        guard count != 32 else {
            let isWhole = try file.loadExactly().takeSecret().isEqual(to: secret([UInt8](0..<32)))
            #expect(isWhole)
            return
        }
        let error: KeyFileError =
            count < 32 ? .tooShort(path: file.path, byteCount: 31) : .tooLong(path: file.path)
        #expect(throws: error) { _ = try file.loadExactly() }
    }

    @Test(arguments: [0, 1, 31]) func shorterFilesAreRefused(count: UInt8) throws {
        let file = try write([UInt8](0..<count), to: "key")
        #expect(throws: KeyFileError.tooShort(path: file.path, byteCount: Int(count))) {
            _ = try file.load()
        }
    }

    @Test(arguments: [0o640, 0o604, 0o666, 0o620, 0o601])
    func aFileOpenToOthersIsUsableWithAWarning(mode: Int) throws {
        let file = try write([UInt8](0..<32), to: "key", mode: mode)
        #expect(try file.load().warning == .openToOthers(mode: UInt32(mode)))
    }

    @Test(arguments: [0o600, 0o400, 0o700]) func aPrivateFileHasNoWarning(mode: Int) throws {
        let file = try write([UInt8](0..<32), to: "key", mode: mode)
        #expect(try file.load().warning == nil)
    }

    @Test func aMissingFileIsNamed() {
        let file = KeyFile(path: path("none"))
        #expect(throws: KeyFileError.missing(path: file.path)) { _ = try file.load() }
        #expect(KeyFileError.missing(path: "x").errno == ENOENT)
        #expect(KeyFileError.missing(path: "x").path == "x")
    }

    @Test func foldersAndPipesAreNotKeyFiles() throws {
        let asFolder = KeyFile(path: folder.path)
        #expect(throws: KeyFileError.notAFile(path: folder.path)) { _ = try asFolder.load() }
        #expect(throws: KeyFileError.exists(path: folder.path)) { _ = try asFolder.create() }
        let pipe = KeyFile(path: path("pipe"))
        // Safe: the path is a valid C string for the length of the call.
        let isMade = unsafe mkfifo(pipe.path, 0o600) == 0
        #expect(isMade)
        #expect(throws: KeyFileError.notAFile(path: pipe.path)) { _ = try pipe.load() }
    }

    @Test func aFileInTheWayOfAFolderIsReported() throws {
        _ = try write([1], to: "file")
        let file = KeyFile(path: path("file/key"))
        #expect(throws: KeyFileError.failed(.write, path: file.path, errno: ENOTDIR)) {
            _ = try file.create()
        }
        let deeper = KeyFile(path: path("file/folder/key"))
        #expect(throws: KeyFileError.failed(.makeFolder, path: deeper.path, errno: ENOTDIR)) {
            _ = try deeper.create()
        }
        #expect(throws: KeyFileError.failed(.read, path: file.path, errno: ENOTDIR)) {
            _ = try file.load()
        }
    }

    @Test func ofManyCreatorsOneSucceeds() throws {
        for round in 0..<20 {
            let file = KeyFile(path: path("folder\(round)/key"))
            let winners = Mutex<[[UInt8]]>([])
            let losers = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                do {
                    let created = try file.create()
                    let bytes = created.withBytes { span in span.indices.map { span[$0] } }
                    winners.withLock { $0.append(bytes) }
                } catch {
                    if error as? KeyFileError == .exists(path: file.path) {
                        losers.wrappingAdd(1, ordering: .relaxed)
                    }
                }
            }
            let won = winners.withLock { $0 }
            #expect(won.count == 1)
            #expect(losers.load(ordering: .relaxed) == 7)
            let isWinners = try file.load().takeSecret().isEqual(to: secret(won.first ?? [0]))
            #expect(isWinners)
        }
    }
}
