# Sourced by the scripts: where the project is, and Debian packages on first use.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

build_packages=(
  ccache cmake g++ libabsl-dev libbenchmark-dev libcli11-dev
  libcurl4-openssl-dev libgmock-dev libgrpc++-dev libgtest-dev libmnl-dev
  libnftnl-dev libprotobuf-dev libspdlog-dev libsqlite3-dev libssl-dev
  libyaml-cpp-dev mold ninja-build nlohmann-json3-dev pkg-config
  protobuf-compiler protobuf-compiler-grpc)
lab_packages=(
  iproute2 nftables procps python3 python3-aiohttp python3-redis python3-yaml redis-sentinel
  redis-server redis-tools)
test_packages=(
  clang-14 clang-format-14 gcc git ipset iptables iputils-ping
  libclang-rt-14-dev openssl prometheus python3-marathon python3-pytest
  python3-pytest-xdist python3-venv spin)
# The guest's kernel and its shell are unpacked, not installed (vm_image.py).
vm_packages=(kmod python3 qemu-system-x86)

# need PACKAGE... : installs those that are missing, and says which.
need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
      grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "Installing Debian packages: ${missing[*]}" >&2
  local as_root=() log
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  log=$(mktemp)
  # No service may start by itself: the tests start what they need.
  if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    echo "Could not install: ${missing[*]}. Install them by hand and try again." >&2
    exit 1
  fi
  rm -f "$log"
}

# build PRESET [TARGET...]: configures and builds; leaves programs in
# build/PRESET/bin.
build() {
  local preset=$1
  shift
  export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache}
  (cd "$root" && cmake --preset "$preset" >"build.$preset.log" 2>&1) || {
    cat "$root/build.$preset.log" >&2
    exit 1
  }
  rm -f "$root/build.$preset.log"
  if [ $# -gt 0 ]; then
    cmake --build "$root/build/$preset" --target "$@"
  else
    cmake --build "$root/build/$preset"
  fi
}
