// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// A request as it arrived: its id and what is asked, or why that is not clear.
///
/// Decoding throws only where the JSON is no object; every other mistake is an answer.
package struct ControlCall: Decodable, Sendable {
    /// `nil` for a notification, which is not answered (JSON-RPC 2.0 section 4.1).
    package let id: RequestID?
    package let request: Result<ControlRequest, ControlError>

    private enum Key: String, CodingKey { case jsonrpc, id, method, params }
    private enum ParameterKey: String, CodingKey { case endpoint, after, limit }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        // A request whose id is unusable is answered with the id null (section 5).
        let hasID = container.contains(.id)
        let id = hasID ? try? container.decode(RequestID.self, forKey: .id) : nil
        let version = try? container.decode(String.self, forKey: .jsonrpc)
        let name = try? container.decode(String.self, forKey: .method)
        guard version == "2.0", let name, !hasID || id != nil else {
            self.id = id ?? .null
            request = .failure(.invalidRequest)
            return
        }
        self.id = id
        guard let method = ControlMethod(rawValue: name) else {
            request = .failure(.methodNotFound(name))
            return
        }
        do throws(ControlError) {
            request = .success(try Self.request(method, container))
        } catch {
            request = .failure(error)
        }
    }

    private static func request(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> ControlRequest {
        switch method {
        case .status: return try plain(.status, container)
        case .whoami: return try plain(.whoami, container)
        case .peersList: return try plain(.peersList, container)
        case .routesQueried: return try plain(.routesQueried, container)
        case .configShow: return try plain(.configShow, container)
        case .peersAdd: return .peersAdd(try endpoint(method, container))
        case .peersRemove: return .peersRemove(try endpoint(method, container))
        case .routesSelected: return .routesSelected(try page(method, container))
        case .routesFallback: return .routesFallback(try page(method, container))
        }
    }

    /// Absent, null, empty list and empty object all mean no parameters.
    private static func parameters(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> KeyedDecodingContainer<ParameterKey>? {
        guard container.contains(.params), (try? container.decodeNil(forKey: .params)) != true
        else { return nil }
        if let list = try? container.nestedUnkeyedContainer(forKey: .params), list.isAtEnd {
            return nil
        }
        guard
            let names = try? container.nestedContainer(keyedBy: AnyKey.self, forKey: .params),
            names.allKeys.allSatisfy({ ParameterKey(rawValue: $0.stringValue) != nil }),
            let parameters = try? container.nestedContainer(
                keyedBy: ParameterKey.self,
                forKey: .params
            )
        else { throw .invalidParams(of: method) }
        return parameters.allKeys.isEmpty ? nil : parameters
    }

    private static func plain(
        _ request: ControlRequest,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> ControlRequest {
        guard try parameters(request.method, container) == nil else {
            throw .invalidParams(of: request.method)
        }
        return request
    }

    private static func endpoint(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> Endpoint {
        guard let parameters = try parameters(method, container), parameters.allKeys.count == 1,
            let text = try? parameters.decode(String.self, forKey: .endpoint)
        else { throw .invalidParams(of: method) }
        do throws(ConfigurationProblem) {
            return try NodeSettings.peer(text, from: .defaultValue)
        } catch {
            throw .badPeer(error)
        }
    }

    private static func page(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> RoutePage {
        guard let parameters = try parameters(method, container) else { return RoutePage() }
        guard !parameters.contains(.endpoint),
            let text = try? parameters.decodeIfPresent(String.self, forKey: .after) ?? "",
            let limit = try? parameters.decodeIfPresent(Int.self, forKey: .limit)
                ?? Limits.routesPerAnswerMax,
            (1...Limits.routesPerAnswerMax).contains(limit)
        else { throw .invalidParams(of: method) }
        guard !text.isEmpty else { return RoutePage(limit: limit) }
        guard let after = Prefix(text) else { throw .invalidParams(of: method) }
        return RoutePage(after: after, limit: limit)
    }

    /// Any name, to see which were given.
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
