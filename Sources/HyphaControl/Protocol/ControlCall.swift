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
    private enum ParameterKey: String, CodingKey { case endpoint, address, port, after, limit }

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
        case .peersForget:
            return .peersForget(try address(method, container, allowing: [.address]).address)
        case .whois:
            let (address, port) = try address(method, container, allowing: [.address, .port])
            return .whois(address, port: port)
        case .sessionsList: return .sessionsList(try sessionPage(method, container))
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
        let (text, limit) = try page(method, parameters, ceiling: Limits.routesPerAnswerMax)
        guard !text.isEmpty else { return RoutePage(limit: limit) }
        guard let after = Prefix(text) else { throw .invalidParams(of: method) }
        return RoutePage(after: after, limit: limit)
    }

    private static func sessionPage(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>
    ) throws(ControlError) -> SessionPage {
        guard let parameters = try parameters(method, container) else { return SessionPage() }
        let (text, limit) = try page(method, parameters, ceiling: Limits.sessionsPerAnswerMax)
        guard !text.isEmpty else { return SessionPage(limit: limit) }
        guard let after = IPv6Address(text) else { throw .invalidParams(of: method) }
        return SessionPage(after: after, limit: limit)
    }

    private static func page(
        _ method: ControlMethod,
        _ parameters: KeyedDecodingContainer<ParameterKey>,
        ceiling: Int
    ) throws(ControlError) -> (after: String, limit: Int) {
        guard parameters.allKeys.allSatisfy({ $0 == .after || $0 == .limit }),
            let text = try? parameters.decodeIfPresent(String.self, forKey: .after) ?? "",
            let limit = try? parameters.decodeIfPresent(Int.self, forKey: .limit) ?? ceiling,
            (1...ceiling).contains(limit)
        else { throw .invalidParams(of: method) }
        return (text, limit)
    }

    private static func address(
        _ method: ControlMethod,
        _ container: KeyedDecodingContainer<Key>,
        allowing keys: [ParameterKey]
    ) throws(ControlError) -> (address: IPv6Address, port: UInt16?) {
        guard let parameters = try parameters(method, container),
            parameters.allKeys.allSatisfy(keys.contains),
            let text = try? parameters.decode(String.self, forKey: .address),
            let address = IPv6Address(text)
        else { throw .invalidParams(of: method) }
        do {
            let port = try parameters.decodeIfPresent(UInt16.self, forKey: .port)
            if port == 0 { throw ControlError.invalidParams(of: method) }
            return (address, port)
        } catch {
            throw .invalidParams(of: method)
        }
    }

    /// Any name, to see which were given.
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
