#compdef hypha
# Completion of hypha for zsh; made by `hypha generate completions zsh`.
_hypha() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \
        '(- *)--version[Show the version and end]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:command:->command' \
        '*::argument:->rest' && return
    case $state in
        command)
            local -a commands=(
                'run:Run a node'
                'status:Show what the node is, holds and dropped'
                'peers:List, add, remove and forget peers'
                'routes:List routes'
                'sessions:List how packets to other nodes are protected'
                'whois:Show whose address it is, and how surely'
                'inspect:Show the address and subnet of a key'
                'key:Make the node'\''s key'
                'config:Check and show the configuration'
            )
            _describe -t commands command commands ;;
        rest)
            case $line[1] in
                run) _hypha_run ;;
                status) _hypha_status ;;
                peers) _hypha_peers ;;
                routes) _hypha_routes ;;
                sessions) _hypha_sessions ;;
                whois) _hypha_whois ;;
                inspect) _hypha_inspect ;;
                key) _hypha_key ;;
                config) _hypha_config ;;
            esac ;;
    esac
}
_hypha_run() {
    _arguments -s \
        '--config=[Configuration file]:FILE:_files' \
        '--state-dir=[Folder of the key and other state]:DIR:_files -/' \
        '--key-file=[File of the node'\''s secret key, created when absent]:FILE:_files' \
        '--control=[Unix socket by which the other commands reach the node]:PATH:_files' \
        '*--listen=[Where to accept peers; may be repeated]:URL: ' \
        '*--peer=[A node to stay connected to; may be repeated]:URL: ' \
        '--base-protocol-only[Speak the base protocol alone, with every node]' \
        '--network-name=[Name of the private network that the node belongs to]:NAME: ' \
        '--network-key-file=[File of the private network'\''s key]:FILE:_files' \
        '--no-tun[Make no TUN device\: route for others only, without privileges]' \
        '--tun-name=[Name of the TUN device]:NAME: ' \
        '--no-discovery[Neither look for nodes on the local networks nor be found there]' \
        '*--discovery-interface=[Confine discovery to an interface; may be repeated]:NAME:_net_interfaces' \
        '--no-direct-links[Link to peers and neighbours on local networks only]' \
        '--require-sessions[Exchange packets in sessions only, never with base encryption]' \
        '--no-key-requests[Tell nobody the public key who does not know it already]' \
        '--workers=[Threads that packets are spread over, 1 to 16]:N: ' \
        '--crypto-backend=[Library that encrypts packets\: auto, ipsec-mb or openssl]:NAME:(auto ipsec-mb openssl)' \
        '--log-level=[How much is logged\: error, warning, info, debug or trace]:LEVEL:(error warning info debug trace)' \
        '--log-format=[How log lines look\: kv (key=value) or json]:FORMAT:(kv json)' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
_hypha_status() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
_hypha_peers() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:command:->command' \
        '*::argument:->rest' && return
    case $state in
        command)
            local -a commands=(
                'list:List peers with their state, cost and traffic'
                'add:Stay connected to one more peer until the node stops'
                'remove:Part from a static peer until the node stops'
                'forget:Forget that a node ever had a session with this one'
            )
            _describe -t commands command commands ;;
        rest)
            case $line[1] in
                list) _hypha_peers_list ;;
                add) _hypha_peers_add ;;
                remove) _hypha_peers_remove ;;
                forget) _hypha_peers_forget ;;
            esac ;;
    esac
}
_hypha_peers_list() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
_hypha_peers_add() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:URL: '
}
_hypha_peers_remove() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:URL: '
}
_hypha_peers_forget() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:ADDRESS: '
}
_hypha_routes() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1::KIND:(selected fallback queried)'
}
_hypha_sessions() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
_hypha_whois() {
    _arguments -s \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:ADDRESS: ' \
        '2::PORT: '
}
_hypha_inspect() {
    _arguments -s \
        '--key-file=[A secret key'\''s file]:FILE:_files' \
        '--control=[Unix socket of the node]:PATH:_files' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1::KEY: '
}
_hypha_key() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:command:->command' \
        '*::argument:->rest' && return
    case $state in
        command)
            local -a commands=(
                'generate:Make a new secret key'
            )
            _describe -t commands command commands ;;
        rest)
            case $line[1] in
                generate) _hypha_key_generate ;;
            esac ;;
    esac
}
_hypha_key_generate() {
    _arguments -s \
        '--config=[Configuration file]:FILE:_files' \
        '--state-dir=[Folder of the key and other state]:DIR:_files -/' \
        '--key-file=[File of the node'\''s secret key, created when absent]:FILE:_files' \
        '--force[Replace a key that exists]' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
_hypha_config() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1:command:->command' \
        '*::argument:->rest' && return
    case $state in
        command)
            local -a commands=(
                'check:Check a configuration file'
                'show:Show every setting with its value and where it came from'
            )
            _describe -t commands command commands ;;
        rest)
            case $line[1] in
                check) _hypha_config_check ;;
                show) _hypha_config_show ;;
            esac ;;
    esac
}
_hypha_config_check() {
    _arguments -s \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]' \
        '1::FILE:_files'
}
_hypha_config_show() {
    _arguments -s \
        '--config=[Configuration file]:FILE:_files' \
        '--state-dir=[Folder of the key and other state]:DIR:_files -/' \
        '--key-file=[File of the node'\''s secret key, created when absent]:FILE:_files' \
        '--control=[Unix socket by which the other commands reach the node]:PATH:_files' \
        '*--listen=[Where to accept peers; may be repeated]:URL: ' \
        '*--peer=[A node to stay connected to; may be repeated]:URL: ' \
        '--base-protocol-only[Speak the base protocol alone, with every node]' \
        '--network-name=[Name of the private network that the node belongs to]:NAME: ' \
        '--network-key-file=[File of the private network'\''s key]:FILE:_files' \
        '--no-tun[Make no TUN device\: route for others only, without privileges]' \
        '--tun-name=[Name of the TUN device]:NAME: ' \
        '--no-discovery[Neither look for nodes on the local networks nor be found there]' \
        '*--discovery-interface=[Confine discovery to an interface; may be repeated]:NAME:_net_interfaces' \
        '--no-direct-links[Link to peers and neighbours on local networks only]' \
        '--require-sessions[Exchange packets in sessions only, never with base encryption]' \
        '--no-key-requests[Tell nobody the public key who does not know it already]' \
        '--workers=[Threads that packets are spread over, 1 to 16]:N: ' \
        '--crypto-backend=[Library that encrypts packets\: auto, ipsec-mb or openssl]:NAME:(auto ipsec-mb openssl)' \
        '--log-level=[How much is logged\: error, warning, info, debug or trace]:LEVEL:(error warning info debug trace)' \
        '--log-format=[How log lines look\: kv (key=value) or json]:FORMAT:(kv json)' \
        '--running[Ask the running node instead]' \
        '--json[Print JSON for programs]' \
        '(- *)--help[Show this help and end]' \
        '(- *)-h[Show this help and end]'
}
if [ "$funcstack[1]" = "_hypha" ]; then
    _hypha "$@"
else
    compdef _hypha hypha
fi
