// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaCrypto
import HyphaDataPlane
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaRouting

extension ControlLoop {
    /// Everything an operator may ask: where traffic went, what was dropped and why.
    func status() -> StatusAnswer {
        let packets = dataPlane.counters
        return StatusAnswer(
            processID: ProcessState.processID,
            uptimeSeconds: Self.seconds(now.elapsed(since: startedAt)),
            identity: IdentityAnswer(identity.publicKey),
            paths: StatusAnswer.Paths(settings),
            cryptoBackend: CryptoBackend.current.rawValue,
            workers: dataPlane.workerCount,
            tunnel: tunnel.map {
                StatusAnswer.Tunnel(
                    name: $0.name,
                    mtuBytes: Limits.tunnelMTUBytes,
                    offloads: $0.offloadNames
                )
            },
            listeners: listenerAnswers(),
            discovery: StatusAnswer.Discovery(
                isEnabled: settings.isDiscoveryEnabled,
                interfaces: discoveryInterfaceNames()
            ),
            protection: protection(),
            counts: counts(),
            traffic: Self.traffic(packets),
            drops: Self.drops(packets),
            counters: controlCounters(packets),
            process: Self.process(),
            warnings: warnings
        )
    }

    /// Listening sockets with the port in use.
    func listenerAnswers() -> [StatusAnswer.Listener] {
        var answers: [StatusAnswer.Listener] = []
        for place in 0..<listeners.capacity where listeners.contains(place) {
            let endpoint = listeners[place].endpoint
            let port = listeners[place].listener.localAddress.port
            let open = Endpoint(scheme: endpoint.scheme, host: endpoint.host, port: port)
            answers.append(StatusAnswer.Listener(endpoint: open.description))
        }
        for listening in datagramListeners {
            let endpoint = listening.endpoint
            let port = listening.localAddress.port
            let open = Endpoint(scheme: endpoint.scheme, host: endpoint.host, port: port)
            answers.append(StatusAnswer.Listener(endpoint: open.description))
        }
        return answers
    }

    private func discoveryInterfaceNames() -> [String] {
        memberships.compactMap { index in interfaces.first { $0.index == index }?.name }
    }

    private func counts() -> StatusAnswer.Counts {
        let queried = node.queriedPrefixes(now: now)
        return StatusAnswer.Counts(
            links: links.count,
            linksMax: Limits.neighboursMax,
            routesSelected: node.selectedRoutes(now: now).count,
            routesFallback: node.fallbackRoutes(now: now).count,
            routesQueried: queried.count,
            searches: queried.count { $0.isOwn }
        )
    }

    private static func traffic(_ packets: DataPlaneCounters) -> StatusAnswer.TrafficTotals {
        StatusAnswer.TrafficTotals(
            fromHost: Traffic(
                packets: packets.tunReceivedPackets,
                bytes: packets.tunReceivedBytes
            ),
            toHost: Traffic(packets: packets.tunSentPackets, bytes: packets.tunSentBytes),
            forwarded: Traffic(packets: packets.transitPackets, bytes: packets.transitBytes)
        )
    }

    private static func drops(_ packets: DataPlaneCounters) -> [Counter] {
        DropReason.allCases.map { Counter($0.name, packets.drops[$0]) }
    }

    private func controlCounters(_ packets: DataPlaneCounters) -> [Counter] {
        let counters = node.counters
        var list: [Counter] = [
            Counter("sealed-packets", packets.sealedPackets),
            Counter("opened-packets", packets.openedPackets),
            Counter("held-packets", packets.heldPackets),
            Counter("released-packets", packets.releasedPackets),
            Counter("reports-sent", packets.reportsSent),
            Counter("host-errors", packets.hostErrors),
            Counter("handed-over", packets.handedOver),
            Counter("data-plane-events-dropped", dataPlane.droppedEvents),
            Counter("control-malformed", malformedControl),
            Counter("control-skipped", skippedControl),
            Counter("beacons-malformed", malformedBeacons),
        ]
        list += Self.named("node", counters)
        list += Self.named("peering", counters.peering)
        list += Self.named("routing", counters.routing)
        list += Self.named("link", counters.link)
        list += Self.named("handshake", counters.handshake)
        list += Self.named("session", counters.session)
        list += Self.named("session-handshake", counters.sessionHandshake)
        return list
    }

    /// The counters of an engine under the names of its own properties, so that none is left out.
    private static func named(_ prefix: String, _ counters: Any) -> [Counter] {
        Mirror(reflecting: counters).children.compactMap { child in
            guard let label = child.label, let value = child.value as? UInt64 else { return nil }
            var name = prefix + "-"
            for character in label {
                if character.isUppercase { name.append("-") }
                name += character.lowercased()
            }
            return Counter(name, value)
        }
    }

    private static func process() -> StatusAnswer.Process {
        do throws(SystemError) {
            let usage = try ProcessState.usage()
            return StatusAnswer.Process(
                memoryBytes: usage.residentBytes,
                processorSeconds: seconds(usage.processorTime)
            )
        } catch {
            return StatusAnswer.Process(memoryBytes: 0, processorSeconds: 0)
        }
    }
}
