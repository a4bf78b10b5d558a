// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaCommandLine
import HyphaControl
import HyphaDaemon
import HyphaLinux

/// A connection to the daemon's control socket: one request, one answer, in turn.
struct ControlClient: ~Copyable {
    private let connection: UnixConnection
    private let path: String
    private var framer = LineFramer(ceiling: Limits.controlAnswerBytesMax)

    /// Time for connecting and for each piece of an answer.
    private static let patience = Duration.seconds(5)

    /// Connects to the socket that `--control`, `HYPHA_CONTROL` or the default names.
    init(_ invocation: Invocation) throws(ProgramFailure) {
        let inputs = Surroundings.inputs(invocation)
        let named = invocation.value("control") ?? inputs.variable("HYPHA_CONTROL")
        let paths = named.map { [$0] } ?? DefaultFolders.controlSocketCandidates(inputs)
        var refused: String?
        for path in paths {
            do throws(SystemError) {
                connection = try UnixConnection.connect(to: path, timeout: Self.patience)
                self.path = path
                return
            } catch {
                switch error.code {
                case ENOENT, ECONNREFUSED, ENOTDIR, EINVAL, ENAMETOOLONG: continue
                case EACCES, EPERM: refused = refused ?? path
                default: throw .text(.noAnswer(path: path), .failed)
                }
            }
        }
        if let refused { throw .text(.noAccess(path: refused), .failed) }
        throw .text(.noDaemon(paths: paths), .noDaemon)
    }

    /// Asks and waits for the answer.
    mutating func ask<Answer: Decodable & Sendable>(
        _ request: ControlRequest,
        as type: Answer.Type
    ) throws(ProgramFailure) -> Answer {
        try send(ControlCodec.encode(ControlMessage(id: .number(1), request: request)))
        let line = try receiveLine()
        guard let outcome = try? ControlCodec.decode(line, as: type) else {
            throw .text(.strangeAnswer(path: path), .failed)
        }
        switch outcome {
        case .success(let answer): return answer
        case .failure(let error): throw .text(FailureText(error), .failed)
        }
    }

    private func send(_ bytes: [UInt8]) throws(ProgramFailure) {
        var rest = bytes.span
        while !rest.isEmpty {
            guard case .count(let count) = connection.descriptor.send(rest), count > 0 else {
                throw .text(.noAnswer(path: path), .failed)
            }
            rest = rest.extracting(droppingFirst: count)
        }
    }

    private mutating func receiveLine() throws(ProgramFailure) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            do throws(LineFramer.LineTooLong) {
                if let line = try framer.next() { return line }
            } catch {
                throw .text(.strangeAnswer(path: path), .failed)
            }
            var room = chunk.mutableSpan
            guard case .count(let count) = connection.descriptor.receive(into: &room) else {
                throw .text(.noAnswer(path: path), .failed)
            }
            framer.append(chunk.span.extracting(first: count))
        }
    }
}
