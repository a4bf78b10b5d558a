// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaCrypto
import HyphaDataPlane
import HyphaLinux

/// The parts of a node that the kernel must grant, gathered before the loop begins.
struct Assembly: ~Copyable {
    let dataPlane: DataPlane
    let netlink: Netlink
    let monitor: NetworkMonitor
    let resolver: Resolver
    let discovery: DiscoverySocket?
    /// Why there is no discovery although it was wanted.
    let discoveryRefusal: SystemError?
    let service = ServiceManager.ofThisProcess()
    let tunnelDescription: Tunnel.Description?
    /// A queue of TUN for each worker, or none.
    private var queues: Slab<Descriptor>

    /// - Parameters:
    ///   - settings: Which parts are wanted.
    ///   - identity: Whose address TUN gets.
    ///   - log: Is told what takes its time.
    /// - Throws: ``StartFailure`` of the first part that is refused.
    init(settings: NodeSettings, identity: NodeIdentity, log: Logger) throws(StartFailure) {
        let netlink = try Self.grant { () throws(SystemError) in try Netlink() }
        let monitor = try Self.grant { () throws(SystemError) in try NetworkMonitor() }
        let resolver = try Self.grant { () throws(SystemError) in try Resolver() }
        let workerCount = settings.workers ?? Self.workerCount
        let dataPlane = try Self.grant { () throws(SystemError) in
            try DataPlane(workerCount: workerCount)
        }
        var discovery: DiscoverySocket?
        var refusal: SystemError?
        if settings.isDiscoveryEnabled {
            // Without it the node still serves its static peers.
            do throws(SystemError) {
                discovery = try DiscoverySocket(port: Limits.discoveryPort)
            } catch {
                refusal = error
            }
        }
        var queues = Slab<Descriptor>(capacity: workerCount)
        var description: Tunnel.Description?
        if settings.isTunEnabled {
            let tunnel = try Tunnel(
                name: settings.tunName,
                queueCount: workerCount,
                identity: identity,
                netlink: netlink,
                log: log
            )
            description = tunnel.description
            queues = tunnel.takeQueues()
        }
        tunnelDescription = description
        discoveryRefusal = refusal
        self.resolver = resolver
        self.dataPlane = dataPlane
        self.netlink = netlink
        self.monitor = monitor
        self.discovery = discovery
        self.queues = queues
    }

    /// Workers where nothing is said: the other half of the processors is for the programs whose
    /// packets these are.
    private static var workerCount: Int {
        max(1, min(ProcessState.processorCount / 2, Limits.workersDefaultMax))
    }

    private static func grant<Part: ~Copyable>(
        _ part: () throws(SystemError) -> Part
    ) throws(StartFailure) -> Part {
        do throws(SystemError) {
            return try part()
        } catch {
            throw .resource(errno: error.code)
        }
    }

    /// What the loop takes over.
    struct Parts: ~Copyable {
        let dataPlane: DataPlane
        let netlink: Netlink
        let monitor: NetworkMonitor
        let resolver: Resolver
        let discovery: DiscoverySocket?
        let service: ServiceManager
        let tunnelDescription: Tunnel.Description?
    }

    /// Gives everything but the queues of TUN away.
    consuming func takeApart() -> Parts {
        Parts(
            dataPlane: dataPlane,
            netlink: netlink,
            monitor: monitor,
            resolver: resolver,
            discovery: discovery,
            service: service,
            tunnelDescription: tunnelDescription
        )
    }

    /// Starts the workers, which take the queues of TUN over.
    mutating func startDataPlane(identity: NodeIdentity) throws(StartFailure) {
        for worker in 0..<dataPlane.workerCount {
            do throws(SystemError) {
                try dataPlane.start(
                    worker,
                    identity: identity,
                    tun: queues.contains(worker) ? queues.remove(worker) : nil,
                    growsUDP: tunnelDescription?.offloads.contains(.udp6) ?? false
                )
            } catch {
                throw .resource(errno: error.code)
            }
        }
    }
}
