// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaDaemon
import Testing

private func answer(
    _ line: String,
    _ handler: (ControlRequest) throws(ControlError) -> ControlAnswer = { _ throws(ControlError) in
        .configuration(ConfigurationAnswer([]))
    }
) -> String? {
    ControlCodec.answer(line: Array(line.utf8), handler: handler)
        .map { String(decoding: $0, as: UTF8.self) }
}

@Suite struct ControlCodecTests {
    @Test func aRequestIsAnsweredInOneSortedLine() {
        #expect(
            answer(#"{"jsonrpc":"2.0","id":7,"method":"config.show"}"#)
                == #"{"id":7,"jsonrpc":"2.0","result":{"settings":[]}}"# + "\n"
        )
    }

    @Test func theHandlersErrorIsAnswered() {
        let text = answer(#"{"jsonrpc":"2.0","id":7,"method":"status"}"#) {
            _ throws(ControlError) in throw .stopping
        }
        #expect(text?.contains(#""code":4"#) == true && text?.contains(#""id":7"#) == true)
    }

    @Test func notificationsAreDoneAndNotAnswered() {
        var count = 0
        let line = #"{"jsonrpc":"2.0","method":"peers.list"}"#
        let text = answer(line) { _ throws(ControlError) in
            count += 1
            return .peers(PeersAnswer([]))
        }
        #expect(text == nil && count == 1)
    }

    @Test(arguments: ["", " ", "\r", "\t "]) func blankLinesAreNothing(line: String) {
        #expect(answer(line) == nil)
    }

    @Test(arguments: [
        ("{", -32700), ("nonsense", -32700), ("{\"a\":}", -32700), ("\u{0}", -32700),
        ("[]", -32600), ("5", -32600), ("\"x\"", -32600), ("null", -32600), ("{}", -32600),
        (#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":"x"}"#, -32601),
        (#"{"jsonrpc":"2.0","id":1,"method":"peers.add"}"#, -32602),
    ])
    func garbageIsAnsweredWithAnError(line: String, code: Int) throws {
        let text = try #require(answer(line))
        #expect(text.contains("\"code\":\(code),") && text.contains("\"remedy\":"))
        #expect(text.hasSuffix("\n") && text.dropLast().contains("\n") == false)
    }

    @Test func badUTF8AndDeepNestingAreAnswered() {
        let bad = ControlCodec.answer(line: [0x22, 0xff, 0xfe, 0x22]) { _ throws(ControlError) in
            throw .stopping
        }
        #expect(bad != nil)
        let deep = String(repeating: "[", count: Limits.controlRequestBytesMax)
        #expect(answer(deep)?.contains("-32700") == true)
        let padded =
            "{\"a\":" + String(repeating: "[", count: 60_000)
            + String(repeating: "]", count: 5000) + "}"
        #expect(answer(padded) != nil)
    }

    @Test func aNumberThatJSONLacksIsTheDaemonsError() {
        let text = answer(#"{"jsonrpc":"2.0","id":7,"method":"routes.queried"}"#) {
            _ throws(ControlError) in
            .queried(QueriedAnswer([QueriedSubnet(subnet: .overlay, remainingSeconds: .nan)]))
        }
        #expect(text?.contains("-32603") == true)
    }

    @Test func clientAndDaemonUnderstandEachOther() throws {
        let request = ControlMessage(id: .number(1), request: .routesQueried)
        var line = ControlCodec.encode(request)
        #expect(line.popLast() == UInt8(ascii: "\n"))
        let queried = QueriedAnswer([QueriedSubnet(subnet: .overlay, remainingSeconds: 1.5)])
        var reply = ControlCodec.answer(line: line) { request throws(ControlError) in
            #expect(request == .routesQueried)
            return .queried(queried)
        }
        _ = reply?.popLast()
        #expect(
            try ControlCodec.decode(reply ?? [], as: QueriedAnswer.self) == .success(queried)
        )
        #expect(throws: (any Error).self) {
            try ControlCodec.decode(reply ?? [], as: StatusAnswer.self)
        }
    }

    @Test func jsonForProgramsIsIndentedAndSorted() throws {
        let text = String(
            decoding: try ControlCodec.pretty(Traffic(packets: 1, bytes: 2)),
            as: UTF8.self
        )
        #expect(text == "{\n  \"bytes\" : 2,\n  \"packets\" : 1\n}\n")
    }

    @Test(arguments: 0..<8) func mutatedRequestsAreAllAnswered(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let whole = Array(
            #"{"jsonrpc":"2.0","id":1,"method":"peers.add","params":{"endpoint":"tcp://a:1"}}"#.utf8
        )
        for _ in 0..<300 {
            var line = whole
            for _ in 0...random(3) { line[random(line.count)] = UInt8(random(256)) }
            if random(3) == 0 { line.removeLast(random(line.count)) }
            let reply = ControlCodec.answer(line: line) { _ throws(ControlError) in
                .peers(PeersAnswer([]))
            }
            if let reply { #expect(reply.last == 10 && reply.dropLast().contains(10) == false) }
        }
    }
}

@Suite struct LineFramerTests {
    private func feed(_ framer: inout LineFramer, _ text: String) {
        let bytes = Array(text.utf8)
        framer.append(bytes.span)
    }

    @Test func linesComeOutHoweverTheBytesCome() throws {
        let text = "one\n\nthree\nrest"
        for size in 1...text.utf8.count {
            var framer = LineFramer(ceiling: 100)
            var lines: [String] = []
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let chunk = Array(bytes.prefix(size))
                bytes = bytes.dropFirst(size)
                framer.append(chunk.span)
                while let line = try framer.next() {
                    lines.append(String(decoding: line, as: UTF8.self))
                }
            }
            #expect(lines == ["one", "", "three"] && framer.byteCount == 4)
        }
    }

    @Test func aLineIsTakenUpToItsCeilingOnly() throws {
        var framer = LineFramer(ceiling: 4)
        feed(&framer, "1234")
        #expect(try framer.next() == nil)
        feed(&framer, "\n12345\n")
        #expect(try framer.next()?.count == 4)
        #expect(throws: LineFramer.LineTooLong.self) { try framer.next() }
        framer = LineFramer(ceiling: 4)
        feed(&framer, "12345")
        #expect(throws: LineFramer.LineTooLong.self) { try framer.next() }
        #expect(throws: LineFramer.LineTooLong.self) { try framer.next() }
    }
}
