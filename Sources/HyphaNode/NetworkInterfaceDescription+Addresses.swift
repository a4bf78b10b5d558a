// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering

extension NetworkInterfaceDescription {
    /// Whether `host` is one of its addresses; a link-local one must be of this interface, where
    /// scope 0 on either side stands for any.
    func holds(_ host: SocketAddress.Host) -> Bool {
        guard case .v6(let address, let scope) = host else { return addresses.contains(host) }
        guard scope == 0 || scope == index else { return false }
        return addresses.contains { other in
            if case .v6(address, _) = other { true } else { false }
        }
    }
}
