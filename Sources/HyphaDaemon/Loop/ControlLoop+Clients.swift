// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering

/// A connected client of the control socket.
struct ControlClient: ~Copyable {
    let descriptor: Descriptor
    /// Cuts what comes into request lines.
    var input = LineFramer()
    /// Answers not yet written.
    var output: [UInt8] = []
    /// No more requests are read; closed when the answers are written.
    var isEnding = false

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// The control socket: who may open it is up to the file's permissions.
struct ControlDoor: ~Copyable {
    var listener: UnixListener
    var clients = Slab<ControlClient>(capacity: Limits.controlClientsMax)

    init(_ listener: consuming UnixListener) { self.listener = listener }
}

extension ControlLoop {
    /// Takes waiting clients; at the ceiling they are closed at once.
    mutating func acceptClients() {
        for _ in 0..<Limits.acceptsPerTurn {
            do throws(SystemError) {
                switch try door.listener.accept() {
                case .accepted(let connection): try welcome(connection.releaseDescriptor())
                case .wouldBlock: return
                case .descriptorLimit: return
                case .aborted: continue
                }
            } catch {
                log.write(.controlFailed("\(error)"))
                return
            }
        }
    }

    private mutating func welcome(_ descriptor: consuming Descriptor) throws(SystemError) {
        guard let place = door.clients.insert(ControlClient(descriptor)) else {
            log.write(.ceilingReached("clients of the control socket"))
            return
        }
        let token = LoopToken.client(place).rawValue
        try poller.add(door.clients[place].descriptor, token: token, interest: .readable)
    }

    /// Reads requests, answers them, writes what the client takes.
    mutating func serveClient(_ place: Int, _ event: PollEvent) {
        guard door.clients.contains(place) else { return }
        if event.isReadable || event.isHangup || event.isError { readRequests(place) }
        writeAnswers(place)
    }

    private mutating func readRequests(_ place: Int) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        guard !door.clients[place].isEnding else { return }
        var space = buffer.mutableSpan
        switch door.clients[place].descriptor.receive(into: &space) {
        case .count(let count):
            door.clients[place].input.append(buffer.span.extracting(0..<count))
            answerLines(place)
        case .wouldBlock: break
        case .endOfStream:
            // `printf … | nc -U` ends its side before it reads the answer.
            answerLines(place)
            door.clients[place].isEnding = true
        case .failed:
            door.clients[place].isEnding = true
            door.clients[place].output = []
        }
    }

    private mutating func answerLines(_ place: Int) {
        do throws(LineFramer.LineTooLong) {
            while let line = try door.clients[place].input.next() {
                let answer = ControlCodec.answer(line: line) {
                    (request) throws(ControlError) in try carryOut(request)
                }
                if let answer { door.clients[place].output += answer }
            }
        } catch {
            door.clients[place].output += ControlCodec.reply(to: .lineTooLong)
            door.clients[place].isEnding = true
        }
        if door.clients[place].output.count > Limits.controlOutputBytesMax {
            door.clients[place].output = []
            door.clients[place].isEnding = true
        }
    }

    private mutating func writeAnswers(_ place: Int) {
        while !door.clients[place].output.isEmpty {
            let output = door.clients[place].output
            switch door.clients[place].descriptor.send(output.span) {
            case .count(let written): door.clients[place].output.removeFirst(written)
            case .wouldBlock:
                watch(place, [.readable, .writable])
                return
            case .endOfStream, .failed:
                _ = door.clients.remove(place)
                return
            }
        }
        if door.clients[place].isEnding {
            _ = door.clients.remove(place)
        } else {
            watch(place, .readable)
        }
    }

    private func watch(_ place: Int, _ interest: Poller.Interest) {
        let token = LoopToken.client(place).rawValue
        try? poller.modify(door.clients[place].descriptor, token: token, interest: interest)
    }
}
