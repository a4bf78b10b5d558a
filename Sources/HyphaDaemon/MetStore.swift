// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
package import HyphaSession

/// The nodes with which there once was a session, kept over restarts in `met`; ``MetFile`` says
/// what is in it.
package struct MetStore {
    private let file: RecordFile
    /// Where the next record goes.
    private var byteCount = 0
    private var recordCount = 0
    /// Why nothing is written: the file is another version's, or no such file at all.
    private var isForeign = false

    /// - Parameter stateDirectory: Where the file lies, or will once there is something to keep.
    package init(stateDirectory: String) { file = RecordFile(path: stateDirectory + "/met") }

    /// Reads the file.
    ///
    /// - Returns: The nodes, and what went wrong, in words; a file that cannot be used is left as
    ///   it is, and nothing is remembered over this restart.
    package mutating func load() -> (nodes: [MetNode], problem: String?) {
        do throws(BoundedFile.Failure) {
            let bytes = try BoundedFile.read(file.path, ceiling: Limits.metFileBytesMax)
            return decode(bytes)
        } catch {
            if error == .system(errno: ENOENT) { return ([], nil) }
            isForeign = true
            switch error {
            case .system(let code): return ([], "\(file.path): errno \(code)")
            case .tooLarge:
                return ([], "\(file.path): more than \(Limits.metFileBytesMax) bytes")
            }
        }
    }

    private mutating func decode(_ bytes: [UInt8]) -> (nodes: [MetNode], problem: String?) {
        do throws(MetFile.Failure) {
            let content = try MetFile.decode(bytes.span)
            byteCount = content.validByteCount
            recordCount = content.recordCount
            return (content.nodes, nil)
        } catch {
            isForeign = true
            switch error {
            case .foreign: return ([], "\(file.path): not a file of remembered nodes")
            case .version(let version):
                return ([], "\(file.path): of version \(version), which is not known here")
            }
        }
    }

    /// Whether the file is to be written anew.
    ///
    /// - Parameter nodeCount: Nodes remembered now.
    /// - Returns: Whether so many records are obsolete.
    package func isWasteful(nodeCount: Int) -> Bool {
        recordCount > 2 * nodeCount + Limits.metRecordsSpare
    }

    /// Adds a change at the end; what went wrong, in words.
    package mutating func append(_ change: MetChange) -> String? {
        guard !isForeign else { return nil }
        var bytes = byteCount == 0 ? MetFile.header : []
        bytes += MetFile.record(change)
        let code = file.append(bytes, at: byteCount)
        guard code == 0 else { return "\(file.path): errno \(code)" }
        byteCount += bytes.count
        recordCount += 1
        return nil
    }

    /// Writes the file anew; what went wrong, in words.
    package mutating func replace(with nodes: [MetNode]) -> String? {
        guard !isForeign else { return nil }
        let image = MetFile.image(of: nodes)
        let code = file.replace(with: image)
        guard code == 0 else { return "\(file.path): errno \(code)" }
        byteCount = image.count
        recordCount = nodes.count
        return nil
    }
}
