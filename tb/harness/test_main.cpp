// main() of the tests that elaborate SystemC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <systemc>

#include "harness/simulation.h"

int sc_main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  arrayflex::harness::fail_tests_on_reports();
  return RUN_ALL_TESTS();
}

int main(int argc, char** argv) {
  // The banner would disturb the listing of tests.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
