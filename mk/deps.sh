#!/bin/bash
# shellcheck disable=SC2034,SC2016   # packages_* are read by indirection; apt expands its own variables
# SPDX-License-Identifier: MIT
# deps.sh: put what the build takes from Debian packages below build/deps.
#
#   mk/deps.sh packages GROUP...   install the Debian packages of these groups (build run test iso debug lint)
#   mk/deps.sh NAME                make one dependency: newlib libfdt xz zlib lz4 zstd linux grub busybox xen
#
# Invariants: nothing is asked; a second run does nothing; a dependency appears in its place only
# when it is whole (it is built beside and renamed); its stamp holds the key it was made with (version
# and recipe number, from mk/deps.lock), so a changed lock remakes just what it names.
# Read next: mk/deps.mk for the make side, mk/deps.lock for the pins.

set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/.." && pwd)
lock=$top/mk/deps.lock
deps=${DEPS:-$top/build/deps}
mkdir -p "$deps/src" "$deps/.log" "$deps/.cache"
deps=$(cd "$deps" && pwd -P)
jobs=$(nproc)
work=

packages_build="gcc make libc6-dev binutils cpio xz-utils bzip2 dpkg-dev util-linux newlib-source linux-source-6.1"
packages_run="qemu-system-x86 python3"
packages_test="ovmf python3 python3-pexpect libxen-dev busybox-static device-tree-compiler clang libclang-rt-14-dev"
packages_iso="grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools"
packages_debug="gdb"
packages_lint="clang clang-tools cppcheck shellcheck"

# ---- talking -----------------------------------------------------------------------------------

say()  { printf '  %-7s %s\n' "$1" "${*:2}"; }
warn() { printf 'deps: warning: %s\n' "$*" >&2; }
die()  { printf 'deps: error: %s\n' "$*" >&2; exit 1; }

# run_step TEXT CMD...: run CMD with its output in a log, showing that it lives: a counter on a terminal,
# a line every 15 s elsewhere. On failure the end of the log is shown.
run_step()
{
	local text=$1 log start pid lines next=15 secs
	shift
	log=$deps/.log/$(printf %s "$text" | tr -cs 'A-Za-z0-9._-' -).log
	start=$SECONDS
	[ -t 1 ] || say DEPS "$text"
	# A process group of its own, so that Ctrl-C ends all of it: a plain background job ignores SIGINT and
	# would go on, holding this dependency's lock, while the next make waits for it.
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	set +m
	# shellcheck disable=SC2064
	trap "kill -- -$pid 2>/dev/null; exit 130" INT TERM HUP
	while kill -0 "$pid" 2>/dev/null; do
		secs=$((SECONDS - start))
		if [ -t 1 ]; then
			lines=$(wc -l <"$log" 2>/dev/null || echo 0)
			printf '\r  %-7s %s  %ds, %d lines\033[K' DEPS "$text" "$secs" "$lines"
		elif [ "$secs" -ge "$next" ]; then
			say DEPS "$text: ${secs} s"
			next=$((next + 15))
		fi
		sleep 0.2
	done
	if wait "$pid"; then
		trap - INT TERM HUP
		[ ! -t 1 ] || printf '\r  %-7s %s  done in %d s\033[K\n' DEPS "$text" $((SECONDS - start))
		return 0
	fi
	[ ! -t 1 ] || echo
	tail -n 25 "$log" >&2
	die "$text failed; the whole log is $log"
}

# ---- the lock file: lines "name kind what version sha256 recipe" ------------------------------

lock_field()	# NAME FIELD
{
	awk -v n="$1" -v f="$2" '$1 == n { print $f; found = 1 } END { exit !found }' "$lock" ||
		die "$lock has no line for '$1'"
}

key_of()
{
	awk -v n="$1" '$1 == n { print $4, $5, $6 }' "$lock"
}

# check_pin NAME VERSION FILE: the same version must have the recorded checksum; another version is
# used with a warning, because Debian replaces packages within a release and the build must go on.
check_pin()
{
	local want_version want_sum sum
	want_version=$(lock_field "$1" 4)
	want_sum=$(lock_field "$1" 5)
	sum=$(sha256sum <"$3" | cut -d' ' -f1)
	if [ "$2" = "$want_version" ]; then
		[ "$want_sum" = - ] || [ "$sum" = "$want_sum" ] ||
			die "$1: $(basename "$3") has sha256 $sum, mk/deps.lock wants $want_sum"
	else
		warn "$1: Debian has version $2 where mk/deps.lock pins $want_version; going on with $2 (sha256 $sum)"
	fi
}

# ---- packages ------------------------------------------------------------------------------------

may_be_root()
{
	[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

installed()
{
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_update_once()
{
	if [ -e "$deps/.cache/apt-updated" ] && [ -n "$(find "$deps/.cache/apt-updated" -mmin -120)" ]; then
		return 0
	fi
	may_be_root || die "the lists of Debian's packages are missing or old: have 'apt-get update' run as root"
	run_step "apt-get update" as_root apt-get -o DPkg::Lock::Timeout=600 -q update
	touch "$deps/.cache/apt-updated"
}

apt_lists_present()
{
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)" ]
}

install_packages()
{
	local missing='' p
	for p in "$@"; do
		installed "$p" || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	may_be_root || die "Debian packages are missing, and neither root nor sudo without a password is there to" \
		"install them. Have this done, then start make again:
    apt-get install --no-install-recommends$missing"
	exec 7>"$deps/.cache/apt.lock"
	flock 7
	apt_lists_present || apt_update_once
	say APT "installing$missing"
	# Package lists may be old enough that the archive no longer has what they name. run_step ends the
	# shell it runs in when the step fails, so the first try has one of its own, which says nothing.
	# shellcheck disable=SC2086
	if ! (run_step "download of packages" as_root apt-get -o DPkg::Lock::Timeout=600 -qq install \
	      --no-install-recommends --download-only -y $missing) 2>"$deps/.log/apt-download.err"; then
		apt_update_once
	fi
	# shellcheck disable=SC2086
	run_step "apt-get install" as_root apt-get -o DPkg::Lock::Timeout=600 -q install \
		--no-install-recommends -y $missing
	exec 7>&-
}

install_groups()
{
	local g list=''
	for g in "$@"; do
		local var=packages_$g
		[ -n "${!var:-}" ] || die "no package group '$g'"
		list="$list ${!var}"
	done
	# shellcheck disable=SC2086
	install_packages $list
	for g in "$@"; do
		local var=packages_$g
		printf '%s\n' "${!var}" >"$deps/.stamp-packages-$g"
	done
}

# Debian's source packages through an index of our own: /etc/apt is not touched.
apt_src()
{
	apt-get -q -o Dir::Etc::sourcelist="$deps/.cache/apt/sources.list" \
		-o Dir::Etc::sourceparts="$deps/.cache/apt/parts" \
		-o Dir::State::lists="$deps/.cache/apt/lists" \
		-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
		-o APT::Sandbox::User=root "$@"
}

source_index()
{
	local a=$deps/.cache/apt
	[ ! -e "$a/ready" ] || return 0
	mkdir -p "$a/lists/partial" "$a/parts"
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg opts=''
	[ ! -e "$keyring" ] || opts="[signed-by=$keyring] "
	apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
		awk -F'|' -v o="$opts" '$1 ~ /debian/ && $3 == "main" && !seen[$0]++ {
			printf "deb-src %s%s %s %s\n", o, $1, $2, $3 }' >"$a/sources.list"
	if ! [ -s "$a/sources.list" ]; then
		echo "deb-src ${opts}http://deb.debian.org/debian bookworm main" >"$a/sources.list"
	fi
	run_step "index of Debian source packages" apt_src update
	touch "$a/ready"
}

# fetch_source NAME DIR: download the source package pinned for NAME and unpack it, patched, into DIR.
fetch_source()
{
	local name=$1 dir=$2 pkg version cache dsc got
	pkg=$(lock_field "$name" 3)
	version=$(lock_field "$name" 4)
	cache=$deps/.cache/src-$name
	exec 8>"$deps/.cache/source.lock"
	flock 8
	source_index
	mkdir -p "$cache"
	if ! (cd "$cache" && run_step "download source of $pkg $version" \
	      apt_src source --download-only --only-source "$pkg=$version") 2>"$cache/err"; then
		warn "$name: source version $version is not in the archive; taking what is there"
		(cd "$cache" && run_step "download source of $pkg" apt_src source --download-only --only-source "$pkg")
	fi
	exec 8>&-
	dsc=$(find "$cache" -maxdepth 1 -name '*.dsc' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
	[ -n "$dsc" ] || die "$name: no .dsc was downloaded"
	got=$(awk '$1 == "Version:" { print $2; exit }' "$dsc")
	check_pin "$name" "$got" "$dsc"
	rm -rf "$dir"
	run_step "unpack $pkg $got" dpkg-source --no-check -x "$dsc" "$dir"
}

# fetch_deb NAME PACKAGE DIR: download a binary package (pinned for NAME) and unpack it into DIR.
fetch_deb()
{
	local name=$1 pkg=$2 dir=$3 version deb got
	version=$(lock_field "$name" 4)
	mkdir -p "$deps/.cache/deb-$name"
	exec 8>"$deps/.cache/deb.lock"
	flock 8
	apt_lists_present || apt_update_once
	(
		cd "$deps/.cache/deb-$name"
		rm -f ./*.deb
		if apt-cache show "$pkg=$version" >/dev/null 2>&1; then
			run_step "download $pkg $version" apt-get -q -o APT::Sandbox::User=root download "$pkg=$version"
		else
			warn "$name: $pkg $version is not in the archive; taking what is there"
			run_step "download $pkg" apt-get -q -o APT::Sandbox::User=root download "$pkg"
		fi
	)
	exec 8>&-
	deb=$(find "$deps/.cache/deb-$name" -name '*.deb' | head -n 1)
	got=$(dpkg-deb -f "$deb" Version)
	check_pin "$name" "$got" "$deb"
	rm -rf "$dir"
	mkdir -p "$dir"
	run_step "unpack $pkg $got" dpkg-deb -x "$deb" "$dir"
}

package_version()
{
	dpkg-query -W -f='${Version}' "$1"
}

# put_in_place FROM TO: the new directory (or file) replaces the old one.
put_in_place()
{
	rm -rf "$2.old"
	[ ! -e "$2" ] || mv "$2" "$2.old"
	mv "$1" "$2"
	rm -rf "$2.old"
}

# ---- the dependencies ------------------------------------------------------------------------------

build_newlib()
{
	cd "$work/objs"
	# Small code model, no position independence: programs are static at 0x400000.
	local flags='-O2 -g0 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -mno-red-zone'
	../newlib/configure --target=x86_64-elf --prefix="$work/inst" --disable-multilib --disable-libgloss \
		--disable-newlib-supplied-syscalls --enable-newlib-io-long-long --enable-newlib-io-c99-formats \
		--enable-newlib-retargetable-locking --disable-shared --disable-nls \
		CC_FOR_TARGET=gcc CXX_FOR_TARGET=g++ AR_FOR_TARGET=ar AS_FOR_TARGET=as LD_FOR_TARGET=ld \
		NM_FOR_TARGET=nm RANLIB_FOR_TARGET=ranlib OBJCOPY_FOR_TARGET=objcopy STRIP_FOR_TARGET=strip \
		OBJDUMP_FOR_TARGET=objdump READELF_FOR_TARGET=readelf CFLAGS_FOR_TARGET="$flags"
	make -j"$jobs" all-target-newlib MAKEINFO=true
	make install-target-newlib MAKEINFO=true
}

make_newlib()
{
	local tarball
	install_packages newlib-source
	tarball=$(find /usr/src/newlib -maxdepth 1 -name 'newlib-*.tar.*' | head -n 1)
	[ -n "$tarball" ] || die "newlib-source has no tarball in /usr/src/newlib"
	check_pin newlib "$(package_version newlib-source)" "$tarball"
	mkdir -p "$work/newlib" "$work/objs"
	run_step "unpack newlib" tar -xf "$tarball" -C "$work/newlib" --strip-components=1
	run_step "build newlib (about a minute)" build_newlib
	mkdir -p "$work/out"
	mv "$work/inst/x86_64-elf/include" "$work/inst/x86_64-elf/lib" "$work/out/"
	put_in_place "$work/out" "$deps/newlib"
}

unpack_linux_source()	# PATTERN...
{
	local tarball=/usr/src/linux-source-6.1.tar.xz
	install_packages linux-source-6.1
	check_pin linux-source "$(package_version linux-source-6.1)" "$tarball"
	mkdir -p "$work/linux"
	run_step "unpack parts of linux-source-6.1" tar -xf "$tarball" -C "$work/linux" --strip-components=1 \
		--wildcards "$@"
}

make_linux_source()
{
	unpack_linux_source '*/scripts/dtc/libfdt' '*/lib/xz' '*/include/linux/xz.h' '*/include/linux/decompress'
	mkdir -p "$work/xz/linux"
	mv "$work/linux/lib/xz/"* "$work/xz/"
	mv "$work/linux/include/linux/xz.h" "$work/xz/linux/"
	put_in_place "$work/linux/scripts/dtc/libfdt" "$deps/src/libfdt"
	put_in_place "$work/xz" "$deps/src/xz"
}

make_source()	# NAME
{
	install_packages dpkg-dev xz-utils bzip2
	fetch_source "$1" "$work/$1"
	put_in_place "$work/$1" "$deps/src/$1"
}

make_linux()
{
	local pkg modules m
	pkg=$(lock_field linux 3)
	if ! apt-cache show "$pkg" >/dev/null 2>&1; then
		apt_lists_present || apt_update_once
		m=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-6/ { print $2; exit }')
		[ -z "$m" ] || pkg=$m
	fi
	fetch_deb linux "$pkg" "$work/root"
	mkdir -p "$work/out/modules"
	mv "$work"/root/boot/vmlinuz-* "$work/out/vmlinuz"
	mv "$work"/root/boot/config-* "$work/out/config"
	mv "$work"/root/boot/System.map-* "$work/out/System.map" 2>/dev/null || true
	modules=$(find "$work/root" -type d -path '*/modules/*/kernel' | head -n 1)
	for m in drivers/xen drivers/block/xen-blkfront drivers/block/xen-blkback drivers/net/xen-netfront \
		 drivers/net/xen-netback drivers/tty/hvc net/9p fs/9p fs/fscache fs/netfs lib/crc; do
		find "$modules/$m" "$modules/$m.ko" -name '*.ko' -exec cp -t "$work/out/modules" {} + 2>/dev/null || true
	done
	basename "$(dirname "$modules")" >"$work/out/release"
	put_in_place "$work/out" "$deps/linux"
}

make_grub()
{
	fetch_deb grub grub-xen-host "$work/root"
	mkdir -p "$work/out"
	find "$work/root" -name 'grub-*xen*.bin' -exec cp -t "$work/out" {} +
	[ -e "$work/out/grub-x86_64-xen.bin" ] || die "grub-xen-host has no grub-x86_64-xen.bin"
	put_in_place "$work/out" "$deps/grub"
}

make_xen()
{
	fetch_deb xen xen-hypervisor-4.17-amd64 "$work/root"
	mkdir -p "$work/out"
	find "$work/root/boot" -name 'xen-*.gz' -exec zcat {} + >"$work/out/xen"
	[ -s "$work/out/xen" ] || die "xen-hypervisor has no xen-*.gz"
	put_in_place "$work/out" "$deps/xen"
}

make_busybox()
{
	fetch_deb busybox busybox-static "$work/root"
	mv "$work/root/bin/busybox" "$work/busybox"
	put_in_place "$work/busybox" "$deps/busybox"
}

# ---- one dependency, once ---------------------------------------------------------------------------

make_one()
{
	local name=$1 key stamp
	key=$(key_of "$name")
	[ -n "$key" ] || die "nothing known about '$name'; see mk/deps.lock"
	stamp=$deps/.stamp-$name
	exec 9>"$deps/.cache/$name.lock"
	flock 9
	if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then
		touch "$stamp"
		return 0
	fi
	rm -f "$stamp"
	work=$deps/.work-$name
	rm -rf "$work"
	mkdir -p "$work"
	case $name in
	newlib) make_newlib ;;
	linux-source) make_linux_source ;;
	zlib | lz4 | zstd) make_source "$name" ;;
	linux) make_linux ;;
	grub) make_grub ;;
	xen) make_xen ;;
	busybox) make_busybox ;;
	*) die "no recipe for '$name'" ;;
	esac
	cd "$top"
	rm -rf "$work"
	printf '%s\n' "$key" >"$stamp"
	exec 9>&-
}

[ $# -gt 0 ] || die "usage: mk/deps.sh packages GROUP... | NAME..."
if [ "$1" = packages ]; then
	shift
	install_groups "$@"
else
	for n in "$@"; do
		make_one "$n"
	done
fi
