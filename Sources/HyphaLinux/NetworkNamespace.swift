// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux

/// A network namespace held open; a namespace is a property of each thread
/// (`network_namespaces(7)`).
package struct NetworkNamespace: ~Copyable, Sendable {
    let descriptor: Descriptor

    /// The namespace of the calling thread.
    ///
    /// - Throws: ``SystemError`` of `open(2)`.
    package static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(descriptor: try .opening("/proc/thread-self/ns/net"))
    }

    /// Moves the calling thread into a new, empty namespace.
    ///
    /// - Throws: ``SystemError``: EPERM without CAP_SYS_ADMIN.
    package static func enterNew() throws(SystemError) {
        try check(hypha_namespace_unshare(), .enterNamespace)
    }

    /// Moves the calling thread into this namespace.
    ///
    /// - Throws: ``SystemError``: EPERM without CAP_SYS_ADMIN.
    package func enter() throws(SystemError) {
        try check(hypha_namespace_enter(descriptor.rawValue), .enterNamespace)
    }
}
