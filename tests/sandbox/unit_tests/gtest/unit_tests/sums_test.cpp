#include <gtest/gtest.h>

#include "sums.h"

TEST(Sums, Adds) { EXPECT_EQ(add(1, 2), 3); }

class Mean : public testing::TestWithParam<int> {};

TEST_P(Mean, OfOne) { EXPECT_EQ(mean({GetParam()}), GetParam()); }

INSTANTIATE_TEST_SUITE_P(Some, Mean, testing::Values(4, 9));

TEST(More, Nothing) { EXPECT_THROW(mean({}), std::invalid_argument); }
TEST(More, Deep) { EXPECT_EQ(mean({1, 2, 3}), 2); }
