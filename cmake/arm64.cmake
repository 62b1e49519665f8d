# The cross compiler for Linux on arm64: Debian's, with the libraries of Debian's arm64 packages.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Debian installs libraries of every architecture below the same /usr, and programs find them there. The
# compiler brings a C library of its own, which gets no security updates: a static program must not
# contain that one.
set(CMAKE_CXX_FLAGS_INIT "-B/usr/lib/aarch64-linux-gnu")

# For cpack, which otherwise names the architecture of this machine.
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)

# The static build of the emulator also runs in a root that contains nothing else.
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-aarch64-static)
