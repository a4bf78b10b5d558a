# Completion of hypha for bash; made by `hypha generate completions bash`.
_hypha() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local path=hypha words= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$path ${COMP_WORDS[i]}" in
            "hypha run") path="hypha run" ;;
            "hypha status") path="hypha status" ;;
            "hypha peers") path="hypha peers" ;;
            "hypha peers list") path="hypha peers list" ;;
            "hypha peers add") path="hypha peers add" ;;
            "hypha peers remove") path="hypha peers remove" ;;
            "hypha peers forget") path="hypha peers forget" ;;
            "hypha routes") path="hypha routes" ;;
            "hypha sessions") path="hypha sessions" ;;
            "hypha whois") path="hypha whois" ;;
            "hypha inspect") path="hypha inspect" ;;
            "hypha key") path="hypha key" ;;
            "hypha key generate") path="hypha key generate" ;;
            "hypha config") path="hypha config" ;;
            "hypha config check") path="hypha config check" ;;
            "hypha config show") path="hypha config show" ;;
        esac
    done
    # `--option=value` arrives as three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" && COMP_CWORD -ge 2 ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case "$path:$previous" in
        "hypha run:--config") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha run:--state-dir") compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return ;;
        "hypha run:--key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha run:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha run:--listen") return ;;
        "hypha run:--peer") return ;;
        "hypha run:--network-name") return ;;
        "hypha run:--network-key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha run:--tun-name") return ;;
        "hypha run:--discovery-interface") COMPREPLY=($(compgen -W "$(command ls /sys/class/net)" -- "$current")); return ;;
        "hypha run:--workers") return ;;
        "hypha run:--crypto-backend") COMPREPLY=($(compgen -W "auto ipsec-mb openssl" -- "$current")); return ;;
        "hypha run:--log-level") COMPREPLY=($(compgen -W "error warning info debug trace" -- "$current")); return ;;
        "hypha run:--log-format") COMPREPLY=($(compgen -W "kv json" -- "$current")); return ;;
        "hypha status:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha peers list:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha peers add:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha peers remove:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha peers forget:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha routes:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha sessions:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha whois:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha inspect:--key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha inspect:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha key generate:--config") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha key generate:--state-dir") compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return ;;
        "hypha key generate:--key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha config show:--config") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha config show:--state-dir") compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return ;;
        "hypha config show:--key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha config show:--control") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha config show:--listen") return ;;
        "hypha config show:--peer") return ;;
        "hypha config show:--network-name") return ;;
        "hypha config show:--network-key-file") compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
        "hypha config show:--tun-name") return ;;
        "hypha config show:--discovery-interface") COMPREPLY=($(compgen -W "$(command ls /sys/class/net)" -- "$current")); return ;;
        "hypha config show:--workers") return ;;
        "hypha config show:--crypto-backend") COMPREPLY=($(compgen -W "auto ipsec-mb openssl" -- "$current")); return ;;
        "hypha config show:--log-level") COMPREPLY=($(compgen -W "error warning info debug trace" -- "$current")); return ;;
        "hypha config show:--log-format") COMPREPLY=($(compgen -W "kv json" -- "$current")); return ;;
    esac
    case "$path" in
        "hypha") words="run status peers routes sessions whois inspect key config --version --help" ;;
        "hypha run") words="--config --state-dir --key-file --control --listen --peer --base-protocol-only --network-name --network-key-file --no-tun --tun-name --no-discovery --discovery-interface --no-direct-links --require-sessions --no-key-requests --workers --crypto-backend --log-level --log-format --help" ;;
        "hypha status") words="--control --json --help" ;;
        "hypha peers") words="list add remove forget --help" ;;
        "hypha peers list") words="--control --json --help" ;;
        "hypha peers add") words="--control --json --help" ;;
        "hypha peers remove") words="--control --json --help" ;;
        "hypha peers forget") words="--control --json --help" ;;
        "hypha routes") words="selected fallback queried --control --json --help" ;;
        "hypha sessions") words="--control --json --help" ;;
        "hypha whois") words="--control --json --help" ;;
        "hypha inspect") words="--key-file --control --json --help" ;;
        "hypha key") words="generate --help" ;;
        "hypha key generate") words="--config --state-dir --key-file --force --json --help" ;;
        "hypha config") words="check show --help" ;;
        "hypha config check") words="--json --help" ;;
        "hypha config show") words="--config --state-dir --key-file --control --listen --peer --base-protocol-only --network-name --network-key-file --no-tun --tun-name --no-discovery --discovery-interface --no-direct-links --require-sessions --no-key-requests --workers --crypto-backend --log-level --log-format --running --json --help" ;;
    esac
    if [[ $current != -* ]] && _hypha_takes_file "$path"; then
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$current"))
    fi
    COMPREPLY+=($(compgen -W "$words" -- "$current"))
}
_hypha_takes_file() {
    case "$1" in
        "hypha config check") return 0 ;;
        *) return 1 ;;
    esac
}
complete -F _hypha hypha
