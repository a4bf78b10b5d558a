// SPDX-License-Identifier: Apache-2.0

/// The answer to `status`: what the node is, what it holds, what went where, what was dropped.
package struct StatusAnswer: Codable, Hashable, Sendable {
    package var version: String
    package var processID: Int32
    package var uptimeSeconds: Double
    package var identity: IdentityAnswer
    package var paths: Paths
    /// Name of the library that encrypts packets.
    package var cryptoBackend: String
    /// Threads that packets are spread over.
    package var workers: Int
    /// `nil` without a TUN device.
    package var tunnel: Tunnel?
    package var listeners: [Listener]
    package var discovery: Discovery
    package var protection: Protection
    package var counts: Counts
    package var traffic: TrafficTotals
    /// Packets dropped since the start, one counter a reason, in the daemon's order.
    package var drops: [Counter]
    /// What the control plane counted since the start, in the daemon's order.
    package var counters: [Counter]
    package var process: Process
    package var warnings: [StatusWarning]

    /// Where the node's files are.
    package struct Paths: Codable, Hashable, Sendable {
        /// `nil` when there is no configuration file.
        package var configFile: String?
        package var stateDirectory: String
        package var keyFile: String
        package var controlSocket: String

        /// - Parameter settings: What the node was told.
        package init(_ settings: NodeSettings) {
            configFile = settings.configFile
            stateDirectory = settings.stateDirectory
            keyFile = settings.keyFile
            controlSocket = settings.controlSocket
        }
    }

    /// The TUN device.
    package struct Tunnel: Codable, Hashable, Sendable {
        package var name: String
        package var mtuBytes: Int
        /// Names of the segmentation offloads in use, such as `tso4`.
        package var offloads: [String]

        /// - Parameters:
        ///   - name: The interface.
        ///   - mtuBytes: Its MTU.
        ///   - offloads: Segmentation offloads in use.
        package init(name: String, mtuBytes: Int, offloads: [String]) {
            self.name = name
            self.mtuBytes = mtuBytes
            self.offloads = offloads
        }
    }

    /// A listening socket.
    package struct Listener: Codable, Hashable, Sendable {
        /// The URL, with the port in use.
        package var endpoint: String
        /// Why it does not listen at present; `nil` when it does.
        package var error: String?

        /// - Parameters:
        ///   - endpoint: The URL, with the port in use.
        ///   - error: Why it does not listen at present.
        package init(endpoint: String, error: String? = nil) {
            self.endpoint = endpoint
            self.error = error
        }
    }

    /// Local discovery.
    package struct Discovery: Codable, Hashable, Sendable {
        package var isEnabled: Bool
        /// Interfaces in use at present.
        package var interfaces: [String]

        /// - Parameters:
        ///   - isEnabled: Whether it runs.
        ///   - interfaces: Interfaces in use at present.
        package init(isEnabled: Bool, interfaces: [String]) {
            self.isEnabled = isEnabled
            self.interfaces = interfaces
        }
    }

    /// How packets are protected, and from whom.
    package struct Protection: Codable, Hashable, Sendable {
        /// Name of the private network; `nil` in the public one.
        package var networkName: String?
        /// Whether nothing of Hypha's own is spoken.
        package var isBaseProtocolOnly: Bool
        /// Whether base encryption is refused.
        package var requiresSessions: Bool
        /// End-to-end sessions at present.
        package var sessions: Int
        /// Links whose frames are sealed.
        package var sealedLinks: Int
        /// Nodes that a session was ever confirmed with, which are never spoken to without one.
        package var met: Int
        /// Destinations that offer sessions and are reached with base encryption.
        package var unprotected: Int
        /// The first of them by address, ``HyphaBase/Limits/unprotectedNamedMax`` at most.
        package var unprotectedAddresses: [String]

        /// - Parameter settings: What the node was told.
        package init(_ settings: NodeSettings) {
            networkName = settings.network?.name
            isBaseProtocolOnly = settings.isBaseProtocolOnly
            requiresSessions = settings.requiresSessions
            sessions = 0
            sealedLinks = 0
            met = 0
            unprotected = 0
            unprotectedAddresses = []
        }
    }

    /// Sizes of tables at present.
    package struct Counts: Codable, Hashable, Sendable {
        package var links: Int
        package var linksMax: Int
        package var routesSelected: Int
        package var routesFallback: Int
        package var routesQueried: Int
        /// Subnets that packets wait for.
        package var searches: Int

        /// - Parameters:
        ///   - links: Links to neighbours.
        ///   - linksMax: Most links there may be.
        ///   - routesSelected: Subnets with a route in use.
        ///   - routesFallback: Routes that are kept and not in use.
        ///   - routesQueried: Subnets asked for and not found so far.
        ///   - searches: Subnets that packets wait for.
        package init(
            links: Int,
            linksMax: Int,
            routesSelected: Int,
            routesFallback: Int,
            routesQueried: Int,
            searches: Int
        ) {
            self.links = links
            self.linksMax = linksMax
            self.routesSelected = routesSelected
            self.routesFallback = routesFallback
            self.routesQueried = routesQueried
            self.searches = searches
        }
    }

    /// What went where since the start.
    package struct TrafficTotals: Codable, Hashable, Sendable {
        /// From programs on this host into the mesh.
        package var fromHost: Traffic
        /// From the mesh to programs on this host.
        package var toHost: Traffic
        /// For others, from one neighbour to the next.
        package var forwarded: Traffic

        /// - Parameters:
        ///   - fromHost: From programs on this host into the mesh.
        ///   - toHost: From the mesh to programs on this host.
        ///   - forwarded: From one neighbour to the next.
        package init(
            fromHost: Traffic = Traffic(),
            toHost: Traffic = Traffic(),
            forwarded: Traffic = Traffic()
        ) {
            self.fromHost = fromHost
            self.toHost = toHost
            self.forwarded = forwarded
        }
    }

    /// What the process uses.
    package struct Process: Codable, Hashable, Sendable {
        /// Resident set size.
        package var memoryBytes: UInt64
        /// User and system time of all threads.
        package var processorSeconds: Double

        /// - Parameters:
        ///   - memoryBytes: Resident set size.
        ///   - processorSeconds: User and system time of all threads.
        package init(memoryBytes: UInt64, processorSeconds: Double) {
            self.memoryBytes = memoryBytes
            self.processorSeconds = processorSeconds
        }
    }

    /// - Parameters:
    ///   - version: The program's.
    ///   - processID: Of the daemon.
    ///   - uptimeSeconds: Since the start.
    ///   - identity: Key and address.
    ///   - paths: Where the node's files are.
    ///   - cryptoBackend: Name of the library that encrypts packets.
    ///   - workers: Threads that packets are spread over.
    ///   - tunnel: The TUN device, if there is one.
    ///   - listeners: Listening sockets, in the order configured.
    ///   - discovery: Local discovery.
    ///   - protection: How packets are protected.
    ///   - counts: Sizes of tables at present.
    ///   - traffic: What went where.
    ///   - drops: Packets dropped by reason.
    ///   - counters: What the control plane counted.
    ///   - process: What the process uses.
    ///   - warnings: What an operator should know.
    package init(
        version: String = HyphaVersion.text,
        processID: Int32,
        uptimeSeconds: Double,
        identity: IdentityAnswer,
        paths: Paths,
        cryptoBackend: String,
        workers: Int = 1,
        tunnel: Tunnel?,
        listeners: [Listener],
        discovery: Discovery,
        protection: Protection,
        counts: Counts,
        traffic: TrafficTotals,
        drops: [Counter],
        counters: [Counter],
        process: Process,
        warnings: [StatusWarning]
    ) {
        self.version = version
        self.processID = processID
        self.uptimeSeconds = uptimeSeconds
        self.identity = identity
        self.paths = paths
        self.cryptoBackend = cryptoBackend
        self.workers = workers
        self.tunnel = tunnel
        self.listeners = listeners
        self.discovery = discovery
        self.protection = protection
        self.counts = counts
        self.traffic = traffic
        self.drops = drops
        self.counters = counters
        self.process = process
        self.warnings = warnings
    }
}
