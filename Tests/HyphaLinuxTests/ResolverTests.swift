// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLinux
import Testing

@Suite struct ResolverTests {
    private func waitForAnswers(_ resolver: Resolver, _ count: Int) throws -> [Resolver.Answer] {
        var answers: [Resolver.Answer] = []
        while answers.count < count {
            guard try isReady(resolver.answersReady.descriptor) else { break }
            answers += resolver.takeAnswers()
        }
        return answers
    }

    @Test func answersComeInOrderWithTheirTokens() throws {
        let address = SocketAddress(host: .v4(loopback4), port: 5)
        let resolver = try Resolver { name, port in
            name == "known" && port == 5 ? .addresses([address]) : .notFound
        }
        defer { resolver.stop() }
        #expect(resolver.submit(name: "known", port: 5, token: 1))
        #expect(resolver.submit(name: "unknown", port: 5, token: 2))
        let answers = try waitForAnswers(resolver, 2)
        #expect(answers.map(\.token) == [1, 2])
        #expect(answers.map(\.outcome) == [.addresses([address]), .notFound])
        #expect(resolver.takeAnswers() == [])
    }

    @Test func atTheLimitRequestsAreRefusedUntilAnswersAreTaken() throws {
        let go = try EventCounter(.blocking)
        let resolver = try Resolver { _, _ in
            go.drain()
            go.signal()
            return .temporaryFailure
        }
        defer { resolver.stop() }
        for i in 0..<Limits.resolutionsMax {
            #expect(resolver.submit(name: "a", port: 1, token: UInt64(i)))
        }
        #expect(!resolver.submit(name: "a", port: 1, token: 99))
        #expect(resolver.refusedCount == 1)
        go.signal()
        let answers = try waitForAnswers(resolver, Limits.resolutionsMax)
        #expect(answers.map(\.token) == (0..<UInt64(Limits.resolutionsMax)).map { $0 })
        #expect(resolver.submit(name: "a", port: 1, token: 100))
    }

    @Test func aStoppedResolverRefuses() throws {
        let resolver = try Resolver { _, _ in .failed }
        resolver.stop()
        #expect(!resolver.submit(name: "a", port: 1, token: 1))
    }

    @Test func numericNamesNeedNoServer() {
        #expect(
            Resolver.lookUp("127.0.0.1", 7)
                == .addresses([SocketAddress(host: .v4(loopback4), port: 7)])
        )
        #expect(
            Resolver.lookUp("::1", 7)
                == .addresses([SocketAddress(host: .v6(loopback6, scope: 0), port: 7)])
        )
        #expect(Resolver.lookUp("a\0b", 7) == .notFound)
    }
}
