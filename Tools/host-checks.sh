#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into a scratch folder and checks what a host gets: unit file, man pages, completions, help.
# usage: Tools/host-checks.sh BINARY
set -u
binary=${1:?usage: host-checks.sh BINARY}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

# check NAME COMMAND...: one line, and the output when it fails.
check() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name: $*"
        echo "$output" | head -n 20 | sed 's/^/        /'
    fi
}

unit=$folder/lib/systemd/system/hypha.service
share=$folder/usr/share

exposure() {
    systemd-analyze security --offline=true "$unit" | awk '
        /Overall exposure level/ {
            for (i = 1; i <= NF; i++) if ($i ~ /^[0-9.]+$/) level = $i
        }
        END { print "exposure " level; exit !(level != "" && level <= 2.0) }'
}
# systemd-analyze looks for ExecStart on this host.
verify() {
    sed "s,/usr/bin/hypha,$folder/usr/bin/hypha," "$unit" >"$folder/hypha.service"
    output=$(systemd-analyze verify --man=no "$folder/hypha.service" 2>&1)
    status=$?
    echo "$output"
    [ $status -eq 0 ] && ! echo "$output" | grep -q 'hypha.service'
}
manual_pages() {
    ls "$share"/man/man*/hypha*.[158] >/dev/null || return 1
    for page in "$share"/man/man*/hypha*; do
        mandoc -T lint -W error "$page" || return 1
    done
}
private_group() { grep -q '^Group=hypha' "$unit" && grep -q '^u hypha' "$folder/usr/lib/sysusers.d/hypha.conf"; }
bash_completes() {
    bash -c '. /usr/share/bash-completion/bash_completion 2>/dev/null
        . "$1"; COMP_WORDS=(hypha pe); COMP_CWORD=1; COMP_LINE="hypha pe"; COMP_POINT=8
        spec=$(complete -p hypha) || exit 1
        function=$(echo "$spec" | sed -n "s/.*-F \([^ ]*\).*/\1/p")
        "$function" hypha pe hypha; echo "${COMPREPLY[*]}"; [[ " ${COMPREPLY[*]} " == *" peers "* ]]' \
        bash "$share/bash-completion/completions/hypha"
}
zsh_parses() { zsh -n "$share/zsh/site-functions/_hypha"; }
fish_completes() {
    fish --no-config -c "source $share/fish/vendor_completions.d/hypha.fish; complete -C 'hypha pe'" |
        grep -q '^peers'
}
uninstalls() {
    make --no-print-directory uninstall DESTDIR="$folder" PREFIX=/usr >/dev/null
    left=$(find "$folder" -name '*hypha*' -type f ! -name hypha.toml ! -path "$folder/hypha.service")
    echo "$left"
    [ -z "$left" ]
}

check 'make install' make --no-print-directory install DESTDIR="$folder" PREFIX=/usr
check 'the binary runs' "$folder/usr/bin/hypha" --help
check 'the unit file is valid' verify
check 'the unit file is sandboxed: exposure at most 2.0' exposure
check 'the service has a user and group of its own' private_group
check 'the man pages are clean' manual_pages
check 'bash completes' bash_completes
check 'zsh reads its completions' zsh_parses
check 'fish completes' fish_completes
check 'the configuration that is installed is valid' \
    "$folder/usr/bin/hypha" config check "$folder/etc/hypha/hypha.toml"
check 'make uninstall leaves only the configuration' uninstalls
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
