// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaBase
import HyphaLab
import Testing

extension Integration {
    /// The bad paths themselves, with the kernel's own traffic: a test that uses one must be able to
    /// trust it.
    @Suite(.serialized) struct MiddleTests {
        private func made() throws -> (Lab, Middle) {
            let lab = try Lab()
            let spaces = try ["a", "b"].map(lab.space)
            let middle = try Middle(lab, named: "m", between: spaces[0], and: spaces[1])
            try spaces[0].waitToReach(middle.address(of: 1), seconds: 5)
            return (lab, middle)
        }

        private func answered(_ middle: Middle, size: Int, count: Int = 3) throws -> Int {
            try middle.ends[0].ping(
                middle.address(of: 1),
                count: count,
                interval: 0.01,
                options: ["-W", "1", "-s", "\(size)"]
            ).answered.count
        }

        /// Lines of so many UDP datagrams from end 0 that arrive at end 1.
        private func delivered(_ middle: Middle, count: Int, port: Int = 7000) throws -> [String] {
            let receiver = try middle.ends[1].start([
                "python3", "-c",
                """
                import socket
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                s.bind(("::", \(port))); s.settimeout(30); print("open", flush=True)
                while True:
                    text, source = s.recvfrom(2000); print(text.decode("latin1"), source[0], flush=True)
                """,
            ])
            _ = try wait(for: "the receiver", seconds: 20) {
                receiver.output.contains("open") ? true : nil
            }
            try middle.ends[0].run([
                "python3", "-c",
                """
                import socket, time
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                for number in range(\(count)):
                    s.sendto(b"line%d" % number, ("\(middle.address(of: 1))", \(port))); time.sleep(0.0005)
                """,
            ])
            // From the sender's end: its interpreter may take longer to start than lines to arrive.
            var before = -1
            while receiver.output.utf8.count != before {
                before = receiver.output.utf8.count
                Thread.sleep(forTimeInterval: 0.5)
            }
            receiver.terminate()
            return receiver.output.split(separator: "\n").dropFirst().map(String.init)
        }

        @Test(.timeLimit(.minutes(1)))
        func largePacketsVanishWithoutAWord() throws {
            let (lab, middle) = try made()
            // 48 bytes of headers.
            #expect(try answered(middle, size: 1252) == 3)
            try middle.change { $0.largest = 1300 }
            #expect(try answered(middle, size: 1252) == 3)
            #expect(try answered(middle, size: 1253) == 0)
            try middle.change { $0.largest = nil }
            #expect(try answered(middle, size: 1253) == 3)
            lab.remove()
        }

        @Test(.timeLimit(.minutes(1)))
        func udpIsBlockedOrThinnedAndNothingElse() throws {
            let (lab, middle) = try made()
            #expect(try delivered(middle, count: 50).count == 50)
            try middle.change { $0.blocksUDP = true }
            #expect(try delivered(middle, count: 50).isEmpty)
            #expect(try answered(middle, size: 56) == 3)
            try middle.change {
                $0.blocksUDP = false
                $0.lostUDPPercent = 20
            }
            let arrived = try delivered(middle, count: 1000).count
            // Five standard deviations around 800.
            #expect(735...865 ~= arrived, "\(arrived)")
            #expect(try answered(middle, size: 56, count: 20) == 20)
            lab.remove()
        }

        @Test(.timeLimit(.minutes(1)))
        func addressesAreTranslatedAndMoved() throws {
            let (lab, middle) = try made()
            #expect(try delivered(middle, count: 1) == ["line0 \(middle.address(of: 0))"])
            let moved = try middle.move(0)
            #expect(try delivered(middle, count: 1) == ["line0 \(moved)"])
            let movedAgain = try middle.move(0)
            #expect(try delivered(middle, count: 1) == ["line0 \(movedAgain)"])
            try middle.change { $0.masquerades = true }
            let own = middle.links[1].address(in: middle.space)
            #expect(try delivered(middle, count: 1) == ["line0 \(own)"])
            lab.remove()
        }

        @Test(.timeLimit(.minutes(1)))
        func framesAreCapturedReplayedAndFlipped() throws {
            let (lab, middle) = try made()
            let file = lab.folder.path("capture")
            let interface = middle.interface(towards: 1)
            let capture = try FrameTool.capture(interface, in: middle.space, to: file)
            #expect(try delivered(middle, count: 5).count == 5)
            try capture.stop()
            let packets = CapturedPacket.read(file).filter { $0.destinationPort == 7000 }
            #expect(packets.map { String(decoding: $0.payload, as: UTF8.self) }.last == "line4")
            #expect(packets.allSatisfy { "\($0.source)" == middle.address(of: 0) })

            let before = try middle.ends[1].networkCounter("Udp6NoPorts")
            for flips in [false, true] {
                let sent = try FrameTool.replay(
                    file,
                    by: interface,
                    in: middle.space,
                    to: middle.address(of: 1),
                    flips: flips
                )
                #expect(sent == 5)
            }
            // Nobody listens any more, and a checksum that is wrong would not be counted there.
            #expect(try middle.ends[1].networkCounter("Udp6NoPorts") - before == 10)

            try middle.change { $0.blocksUDP = true }
            let tampering = try FrameTool.tamper(middle, towards: 1, share: 0.5)
            let changed = try delivered(middle, count: 200)
            let numbers = try tampering.stop()
            #expect((numbers["passed"] ?? 0) + (numbers["changed"] ?? 0) >= 200, "\(numbers)")
            let whole = changed.filter { $0.hasPrefix("line") }.count
            #expect(50...199 ~= whole, "\(whole) of \(changed.count)")
            lab.remove()
        }

        @Test(.timeLimit(.minutes(1)))
        func aSegmentIsInjectedIntoAConnection() throws {
            let (lab, middle) = try made()
            let file = lab.folder.path("capture")
            let interface = middle.interface(towards: 1)
            let capture = try FrameTool.capture(interface, in: middle.space, to: file)
            let receiver = try middle.ends[1].start(["nc", "-6", "-d", "-l", "7001"])
            Thread.sleep(forTimeInterval: 0.5)
            let flag = lab.folder.path("flag")
            let talk = "echo one; until [ -e \(flag) ]; do sleep 0.1; done; echo two; sleep 20"
            let sender = try middle.ends[0].start([
                "sh", "-c", "(\(talk)) | nc -6 \(middle.address(of: 1)) 7001",
            ])
            _ = try wait(for: "the first line", seconds: 5) {
                receiver.output == "one\n" ? true : nil
            }
            try FrameTool.inject(
                [UInt8]("three\n".utf8),
                by: interface,
                in: middle.space,
                to: middle.address(of: 1),
                after: { try Shell.must("touch", flag) }
            )
            _ = try wait(for: "the third line", seconds: 5, detail: { receiver.output }) {
                receiver.output == "one\ntwo\nthree\n" ? true : nil
            }
            try capture.stop()
            sender.kill()
            let packets = CapturedPacket.read(file)
            let addresses = (0...1).compactMap { IPv6Address(middle.address(of: $0)) }
            let stream = CapturedPacket.stream(packets, from: addresses[0], to: addresses[1])
            #expect(String(decoding: stream, as: UTF8.self).hasPrefix("one\n"))
            lab.remove()
        }
    }
}
