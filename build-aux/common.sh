# SPDX-License-Identifier: GPL-3.0-or-later
# What ./run and ./test share: packages and builds. Sourced by bash in the root of the tree.

export PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export DEBIAN_FRONTEND=noninteractive

say () { printf '%s\n' "== $*"; }
die () { printf '%s\n' "$*" >&2; exit 1; }

# Packages of packages.txt: its first part ("run"), without the last ("im"), all of them ("test").
list_packages () {
  case $1 in
    run) sed '/^# --- for /,$d' build-aux/packages.txt ;;
    im) sed '/^# --- for .\/test only/,$d' build-aux/packages.txt ;;
    test) cat build-aux/packages.txt ;;
  esac | sed 's/#.*//' | awk 'NF { print $1 }'
}

list_missing () {
  local wanted
  wanted=$(list_packages "$1")
  # shellcheck disable=SC2086
  comm -23 <(printf '%s\n' $wanted | sort -u) \
    <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null \
      | awk '$2 == "installed" { print $1 }' | sort -u)
}

# Installs what is missing; says what, and what to do where it may not.
install_packages () {
  local missing as_root=""
  command -v dpkg-query >/dev/null || die "This script knows Debian 12 only. Elsewhere install \
what build-aux/packages.txt names and use meson: meson setup build && ninja -C build"
  missing=$(list_missing "$1" | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  say "Installing: $missing"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null \
      || die "Missing packages, and no sudo. As root: apt-get install --no-install-recommends $missing"
    as_root="sudo --preserve-env=DEBIAN_FRONTEND"
  fi
  $as_root apt-get update -q </dev/null || say "apt-get update failed; trying with what is known"
  # shellcheck disable=SC2086
  $as_root apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 $missing </dev/null \
    || die "apt could not install: $missing
Look at its message above; behind a proxy set http_proxy, or install the packages by hand."
  # shellcheck disable=SC2086
  stop_services $missing
}

# Debian starts a service as soon as its package is there, for all the network. Of what was installed
# just now nobody asked for that: ./run and ./test start their own, on this computer only.
stop_services () {
  local service
  [ -d /run/systemd/system ] || return 0
  for service in prosody ngircd kamailio coturn; do
    case " $* " in *" $service "*)
      say "Stopping the service $service that Debian has just started; systemctl enable --now \
$service has it back"
      $as_root systemctl disable --now --quiet "$service" || true ;;
    esac
  done
}

# build FOLDER [meson options]: configures when needed and compiles, quietly unless it fails. Without
# options a folder is taken as it is.
build () {
  local folder=$1 log
  shift
  [ -w . ] || die "$PWD cannot be written to: copy the tree to a folder of yours"
  if command -v ccache >/dev/null; then
    export CC=${CC:-ccache gcc} CCACHE_DIR=${CCACHE_DIR:-$PWD/build-ccache}
  fi
  if [ ! -f "$folder/build.ninja" ]; then
    say "Configuring $folder"
    rm -rf "$folder"
    meson setup "$folder" "$@" >"$folder.log" 2>&1 </dev/null \
      || { cat "$folder.log" >&2; die "meson could not configure $folder"; }
    mv "$folder.log" "$folder/setup.log"
    printf '%s' "$*" >"$folder/options"
  elif [ $# -gt 0 ] && [ "$*" != "$(cat "$folder/options" 2>/dev/null)" ]; then
    meson configure "$folder" "$@" >"$folder/setup.log" 2>&1 \
      || { cat "$folder/setup.log" >&2; die "meson could not configure $folder"; }
    printf '%s' "$*" >"$folder/options"
  fi
  say "Building $folder"
  log=$folder/build.log
  ninja -C "$folder" >"$log" 2>&1 </dev/null \
    || { grep -E -A12 'FAILED|error:|warning:' "$log" >&2 || tail -50 "$log" >&2
         die "$folder does not build ($log)"; }
}
