// Tests of how the executables are hardened, according to readelf.
#include <gmock/gmock.h>

#include <fstream>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// The programs themselves, and not what starts them in an emulator: SOCKBOX_BUILD_DIR.
constexpr const char* readelf = "/usr/bin/readelf";

class Hardening : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::ifstream(readelf))
            GTEST_SKIP() << readelf << " is not there";
    }

    // Passes what readelf prints for each program to `check`.
    template <class Check>
    static void each(const char* what, const Check& check) {
        for (const char* name : {"sockbox", "showip", "sockopt", "echod", "echo", "udpecho"}) {
            SCOPED_TRACE(name);
            const std::string program = std::string(SOCKBOX_BUILD_DIR "/bin/") + name;
            const Ran ran = Process({readelf, "--wide", what, program}, {"LC_ALL=C"}).wait();
            ASSERT_EQ(ran.status, 0) << ran.err;
            check(ran.out);
        }
    }
};

TEST_F(Hardening, ProgramsAreLoadedAnywhereAndBoundAtStart) {
    each("--file-header", [](const std::string& header) {
        EXPECT_THAT(header, HasSubstr("DYN (Position-Independent Executable"));
    });
    each("--dynamic", [](const std::string& dynamic) {
        EXPECT_THAT(dynamic, AnyOf(HasSubstr("BIND_NOW"), ContainsRegex("FLAGS_1.*NOW")));
        EXPECT_THAT(dynamic, Not(ContainsRegex("RPATH|RUNPATH|TEXTREL")));
    });
}

TEST_F(Hardening, NoSegmentIsToWriteAndToExecute) {
    each("--program-headers", [](const std::string& segments) {
        EXPECT_THAT(segments, HasSubstr("GNU_RELRO"));
        EXPECT_THAT(segments, ContainsRegex("GNU_STACK .* RW "));
        EXPECT_THAT(segments, Not(HasSubstr("RWE")));
    });
}

// Each additional library costs startup time, which dominates in scripts.
TEST_F(Hardening, ShowipLoadsTheCLibraryAlone) {
#if defined(SOCKBOX_SANITIZED) || !defined(NDEBUG)
    GTEST_SKIP() << "a sanitizer brings libraries of its own, and an unoptimized square root libm";
#endif
    const Ran ran =
        Process({readelf, "--wide", "--dynamic", SOCKBOX_BUILD_DIR "/bin/showip"}, {"LC_ALL=C"})
            .wait();
    for (const std::string& line : lines(ran.out))
        if (line.find("(NEEDED)") != std::string::npos) {
            EXPECT_THAT(line, ContainsRegex("\\[(libc\\.so|ld-linux)"));
        }
}

TEST_F(Hardening, StacksAndBuffersAreChecked) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer stands in for these checks";
#endif
    each("--dyn-syms", [](const std::string& symbols) {
        EXPECT_THAT(symbols, HasSubstr("__stack_chk_fail"));
#ifdef NDEBUG
        EXPECT_THAT(symbols, ContainsRegex("__[a-z]+_chk@"));
#endif
    });
}

}  // namespace
}  // namespace sockbox::test
