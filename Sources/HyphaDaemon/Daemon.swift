// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
package import HyphaControl
import HyphaCrypto
import HyphaDataPlane
import HyphaLink
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaSession
import HyphaWire

/// A node from its first system call to its last: `hypha run`.
package enum Daemon {
    /// How a node that had started has ended.
    package enum Outcome: Hashable, Sendable {
        /// Told to stop.
        case stopped
        /// Something that it cannot live without was lost; the log says what.
        case failed
    }

    /// Runs a node until a signal ends it; blocks the calling thread.
    ///
    /// Everything that can be refused is asked for before anything can be seen from outside; a
    /// failed start leaves nothing behind but the key file.
    ///
    /// - Parameter settings: Complete and checked.
    /// - Returns: How it ended.
    /// - Throws: ``StartFailure`` when it did not start.
    package static func run(settings: NodeSettings) throws(StartFailure) -> Outcome {
        let now = MonotonicClock.now()
        let log = Logger(
            level: settings.logLevel,
            format: settings.logFormat,
            surroundings: .standardError(journalStream: settings.inputs.variable("JOURNAL_STREAM"))
        )
        let signals = try blockSignals()
        let descriptorLimit = (try? ProcessState.raiseDescriptorLimit()) ?? 1024
        for warning in settings.warnings { log.write(.configurationDoubtful(words(warning))) }
        try chooseCipher(settings)
        var warnings: [StatusWarning] = []
        let identity = try loadIdentity(settings, &warnings, log)
        // Before TUN: two daemons on one state folder are told apart by the socket.
        let door = ControlDoor(try openDoor(settings))
        var assembly = try Assembly(settings: settings, identity: identity, log: log)
        let tunnel = assembly.tunnelDescription
        warnings += Self.warnings(for: tunnel, log)
        if let refusal = assembly.discoveryRefusal {
            log.write(.discoveryFailed(interface: "all", refusal))
        }
        let network = try loadNetwork(settings)
        let datagrams = try DatagramListening.open(settings)
        let clockFile = ClockFile(stateDirectory: settings.stateDirectory)
        try assembly.startDataPlane(identity: identity)
        let node = Node(
            configuration: configuration(
                settings,
                identity,
                datagrams,
                descriptorLimit: descriptorLimit
            ),
            identity: routerID(of: identity, settings),
            crypto: NoiseCryptography(identity: identity, network: network),
            sessionCrypto: NoiseCryptography(identity: identity, network: network),
            random: SystemRandomNumberGenerator(),
            clock: clockFile.read(),
            now: now
        )
        var loop = try ControlLoop(
            settings: settings,
            identity: identity,
            log: log,
            node: node,
            assembly: assembly,
            signals: signals,
            door: door,
            datagramListeners: datagrams,
            clockFile: clockFile,
            now: now
        )
        loop.warnings = warnings
        try loop.openListeners()
        return loop.run() == .stopped ? .stopped : .failed
    }

    // MARK: - Steps

    private static func words(_ warning: ConfigurationWarning) -> String {
        switch warning {
        case .unknownVariable(let name, let nearest): "\(name) is not known; is it \(nearest)?"
        case .duplicatePeer(let peer): "\(peer) stands there twice"
        }
    }

    private static func blockSignals() throws(StartFailure) -> SignalDescriptor {
        do throws(SystemError) {
            SignalDescriptor.ignoreBrokenPipes()
            return try SignalDescriptor([.terminate, .interrupt, .hangup])
        } catch {
            throw .resource(errno: error.code)
        }
    }

    private static func chooseCipher(_ settings: NodeSettings) throws(StartFailure) {
        let choice: CryptoBackend.Choice =
            switch settings.cryptoBackend {
            case .automatic: .automatic
            case .ipsecMB: .forced(.ipsecMB)
            case .openSSL: .forced(.openSSL)
            }
        do throws(CryptoBackend.Unavailability) {
            try CryptoBackend.choose(choice)
        } catch {
            if choice == .automatic { throw .noCryptoBackend }
            throw .cryptoBackend(settings.cryptoBackend)
        }
    }

    /// Reads the key, or makes one at the first start.
    private static func loadIdentity(
        _ settings: NodeSettings,
        _ warnings: inout [StatusWarning],
        _ log: Logger
    ) throws(StartFailure) -> NodeIdentity {
        let file = KeyFile(path: settings.keyFile)
        let secret: SecretBytes
        do throws(KeyFileError) {
            let loaded = try file.load()
            if loaded.warning != nil {
                warnings.append(StatusWarning(.keyFileExposed, subject: settings.keyFile))
                log.write(.keyFileExposed(settings.keyFile))
            }
            secret = loaded.takeSecret()
        } catch {
            guard case .missing = error else { throw failure(error) }
            do throws(KeyFileError) {
                secret = try file.create()
                log.write(.keyCreated(settings.keyFile))
            } catch {
                throw failure(error)
            }
        }
        guard let identity = NodeIdentity(secret: secret) else {
            throw .keyUnusable(path: settings.keyFile)
        }
        return identity
    }

    private static func failure(_ error: KeyFileError) -> StartFailure {
        switch error {
        case .tooShort(let path, let byteCount):
            .keyFileMalformed(path: path, byteCount: byteCount)
        case .tooLong(let path): .keyUnusable(path: path)
        case .missing(let path): .keyFile(path: path, errno: ENOENT)
        case .notAFile(let path): .keyFile(path: path, errno: EISDIR)
        case .exists(let path): .keyFile(path: path, errno: EEXIST)
        case .failed(_, let path, let code): .keyFile(path: path, errno: code)
        }
    }

    private static func openDoor(_ settings: NodeSettings) throws(StartFailure) -> UnixListener {
        let path = settings.controlSocket
        ControlFolder.make(forSocketAt: path)
        do throws(UnixListenerError) {
            return try UnixListener(path: path, group: "hypha")
        } catch {
            switch error {
            case .alreadyServed: throw .alreadyRunning(path: path)
            case .notASocket: throw .controlSocket(path: path, errno: ENOTSOCK)
            case .system(let error): throw .controlSocket(path: path, errno: error.code)
            }
        }
    }

    /// The marker of a Hypha node, or the plain id of the base.
    private static func routerID(of identity: NodeIdentity, _ settings: NodeSettings) -> RouterID {
        if settings.isBaseProtocolOnly {
            let tail = UInt64.random(in: 0 ... .max)
            return RouterID(publicKey: identity.publicKey, zone: 0, tail: tail)
        }
        return RouterID(
            publicKey: identity.publicKey,
            capabilities: ownCapabilities.rawValue,
            bootRandom: UInt32.random(in: 0 ... .max)
        )
    }

    private static let ownCapabilities: Capabilities = [.sessions, .superPackets, .extendedTLVs]

    /// The key of a private network; one that others may read is refused.
    private static func loadNetwork(
        _ settings: NodeSettings
    ) throws(StartFailure) -> PrivateNetwork? {
        guard let wanted = settings.network, !settings.isBaseProtocolOnly else { return nil }
        let path = wanted.keyFile
        let loaded: KeyFile.Loaded
        do throws(KeyFileError) {
            loaded = try KeyFile(path: path).loadExactly()
        } catch {
            throw networkFailure(error)
        }
        guard loaded.warning == nil else { throw .networkKeyFileExposed(path: path) }
        guard let network = PrivateNetwork(name: wanted.name, key: loaded.takeSecret()) else {
            throw .networkKeyFileMalformed(path: path)
        }
        return network
    }

    private static func networkFailure(_ error: KeyFileError) -> StartFailure {
        switch error {
        case .tooShort(let path, _), .tooLong(let path): .networkKeyFileMalformed(path: path)
        case .missing(let path): .networkKeyFile(path: path, errno: ENOENT)
        case .notAFile(let path): .networkKeyFile(path: path, errno: EISDIR)
        case .exists(let path): .networkKeyFile(path: path, errno: EEXIST)
        case .failed(_, let path, let code): .networkKeyFile(path: path, errno: code)
        }
    }

    private static func configuration(
        _ settings: NodeSettings,
        _ identity: NodeIdentity,
        _ datagrams: [DatagramListening],
        descriptorLimit: Int
    ) -> NodeConfiguration {
        let tcpPort = settings.listen.first { $0.scheme == .tcp }?.port ?? 0
        let udpPort = datagrams.first?.localAddress.port ?? 0
        let isPrivate = settings.network != nil && !settings.isBaseProtocolOnly
        return NodeConfiguration(
            peering: PeeringConfiguration(
                staticPeers: settings.peers,
                // Beacons tell everybody who we are.
                isDiscoveryEnabled: settings.isDiscoveryEnabled && !isPrivate,
                discoveryInterfaces: settings.discoveryInterfaces,
                listenPort: tcpPort,
                linksMax: min(
                    Limits.neighboursMax,
                    descriptorLimit - Limits.otherDescriptorsMin
                ),
                makesDirectLinks: settings.makesDirectLinks
            ),
            link: LinkConfiguration(
                publicKey: identity.publicKey,
                hasDatagrams: !datagrams.isEmpty,
                udpPort: udpPort,
                isPrivate: isPrivate
            ),
            handshake: HandshakeConfiguration(
                capabilities: ownCapabilities,
                carrierMTU: UInt16(Limits.sealedFrameBytesMax),
                innerMTU: UInt16(Limits.tunnelMTUBytes),
                udpPort: udpPort,
                tcpPort: tcpPort,
                answersKeyRequests: settings.answersKeyRequests,
                configuredPeers: Set(settings.peers.compactMap(\.pinnedKey))
            ),
            hasExtensions: !settings.isBaseProtocolOnly,
            requiresSessions: settings.requiresSessions
        )
    }

    private static func warnings(
        for tunnel: Tunnel.Description?,
        _ log: Logger
    ) -> [StatusWarning] {
        var warnings: [StatusWarning] = []
        if CryptoBackend.current != .ipsecMB {
            log.write(.cipherFallback(CryptoBackend.current.rawValue))
            warnings.append(StatusWarning(.slowCipher, subject: CryptoBackend.current.rawValue))
        }
        if let tunnel, !tunnel.offloads.contains(.tcp6) {
            log.write(.offloadMissing("tso6"))
            warnings.append(StatusWarning(.offloadMissing, subject: "tso6"))
        }
        return warnings
    }
}
