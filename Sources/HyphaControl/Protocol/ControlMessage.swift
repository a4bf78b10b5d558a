// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// A request as a client sends it.
package struct ControlMessage: Encodable, Sendable {
    /// Returned in the reply.
    package let id: RequestID
    package let request: ControlRequest

    /// - Parameters:
    ///   - id: Returned in the reply.
    ///   - request: What is asked.
    package init(id: RequestID, request: ControlRequest) {
        self.id = id
        self.request = request
    }

    private enum Key: String, CodingKey { case jsonrpc, id, method, params }
    private enum ParameterKey: String, CodingKey { case endpoint, address, port, after, limit }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        try container.encode(request.method, forKey: .method)
        switch request {
        case .status, .whoami, .peersList, .routesQueried, .configShow: break
        case .peersAdd(let endpoint), .peersRemove(let endpoint):
            var params = container.nestedContainer(keyedBy: ParameterKey.self, forKey: .params)
            try params.encode(endpoint.description, forKey: .endpoint)
        case .peersForget(let address):
            var params = container.nestedContainer(keyedBy: ParameterKey.self, forKey: .params)
            try params.encode(address.description, forKey: .address)
        case .whois(let address, let port):
            var params = container.nestedContainer(keyedBy: ParameterKey.self, forKey: .params)
            try params.encode(address.description, forKey: .address)
            try params.encodeIfPresent(port, forKey: .port)
        case .sessionsList(let page):
            var params = container.nestedContainer(keyedBy: ParameterKey.self, forKey: .params)
            try params.encodeIfPresent(page.after?.description, forKey: .after)
            try params.encode(page.limit, forKey: .limit)
        case .routesSelected(let page), .routesFallback(let page):
            var params = container.nestedContainer(keyedBy: ParameterKey.self, forKey: .params)
            try params.encodeIfPresent(page.after?.description, forKey: .after)
            try params.encode(page.limit, forKey: .limit)
        }
    }
}

/// A reply as the daemon sends it.
package struct ControlReply: Encodable, Sendable {
    /// The request's id; null when it could not be read.
    package let id: RequestID
    package let outcome: Result<ControlAnswer, ControlError>

    /// - Parameters:
    ///   - id: The request's id.
    ///   - outcome: What is answered.
    package init(id: RequestID, outcome: Result<ControlAnswer, ControlError>) {
        self.id = id
        self.outcome = outcome
    }

    private enum Key: String, CodingKey { case jsonrpc, id, result, error }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        switch outcome {
        case .success(let answer): try container.encode(answer, forKey: .result)
        case .failure(let error): try container.encode(error, forKey: .error)
        }
    }
}

/// A reply as a client reads it.
package struct ReceivedReply<Answer: Decodable & Sendable>: Decodable, Sendable {
    package let id: RequestID
    package let outcome: Result<Answer, ControlError>

    private enum Key: String, CodingKey { case id, result, error }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(RequestID.self, forKey: .id)
        if let error = try container.decodeIfPresent(ControlError.self, forKey: .error) {
            outcome = .failure(error)
        } else {
            outcome = .success(try container.decode(Answer.self, forKey: .result))
        }
    }
}
