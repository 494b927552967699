// The processing element of ArrayFlex: multiplier, 3:2 compressor, carry-propagate adder, three
// bypass muxes.
//
// A PE at the bottom of a row group adds the carry-save pair into psum_reg and sends (psum_reg, 0)
// down; any other one sends the pair down in the same cycle. East of the PE the operand is
// registered where a column group ends, and passes through otherwise.
//
// The PE serves every place of the array. In the last column, which has no operand register,
// operand_enable is tied to 0 and operand_boundary to 1: register and mux are constant zeros, and
// synthesis removes them.
module pe #(
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH  = 64,  // at least 2 * DATA_WIDTH
    parameter int OVERLAP    = 0    // 0 none, 1 load, 2 full
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input logic weight_enable,     // clock enable of weight_reg
    input logic [1:0] bank_enable, // clock enables of weight_bank0, weight_bank1
    input logic weight_select,     // on: the multiplier takes weight_bank0
    input logic psum_enable,       // clock enable of psum_reg
    input logic operand_enable,    // clock enable of operand_reg
    input logic bottom,            // bottom PE of a row group
    input logic operand_boundary,  // a column group ends here

    input logic [DATA_WIDTH-1:0] operand_in,  // west
    input logic [DATA_WIDTH-1:0] weight_in,   // north, load phase: weight_reg or bank 0
    input logic [DATA_WIDTH-1:0] weight1_in,  // bank 1
    input logic [ ACC_WIDTH-1:0] sum_in,      // north: the carry-save pair
    input logic [ ACC_WIDTH-1:0] carry_in,

    output logic [DATA_WIDTH-1:0] operand_out,  // east
    output logic [DATA_WIDTH-1:0] weight_out,   // south
    output logic [DATA_WIDTH-1:0] weight1_out,  // south: bank 1
    output logic weight_select_out,             // east
    output logic [ ACC_WIDTH-1:0] sum_out,      // south
    output logic [ ACC_WIDTH-1:0] carry_out
);
  localparam int ProductWidth = 2 * DATA_WIDTH;

  logic [ ACC_WIDTH-1:0] psum_reg;
  logic [DATA_WIDTH-1:0] operand_reg;

  // Multiplier.
  logic signed [  DATA_WIDTH-1:0] operand;
  logic signed [  DATA_WIDTH-1:0] weight;
  logic signed [ProductWidth-1:0] product;
  assign operand = operand_in;
  assign product = operand * weight;

  logic [ACC_WIDTH-1:0] addend;  // the product, sign-extended
  assign addend = ACC_WIDTH'(product);

  // 3:2 compressor, modulo 2^ACC_WIDTH.
  logic [ACC_WIDTH-1:0] csa_sum;
  logic [ACC_WIDTH-1:0] majority;
  logic [ACC_WIDTH-1:0] csa_carry;
  assign csa_sum   = sum_in ^ carry_in ^ addend;
  assign majority  = (sum_in & carry_in) | (sum_in & addend) | (carry_in & addend);
  assign csa_carry = majority << 1;

  // Carry-propagate adder; its operands are isolated where nobody takes its result.
  logic [ACC_WIDTH-1:0] adder;
  assign adder = (bottom ? csa_sum : '0) + (bottom ? csa_carry : '0);

  // One weight register; or two, of which one is filled while the other one is in use.
  logic [DATA_WIDTH-1:0] weight_reg, weight_bank0, weight_bank1;
  if (OVERLAP == 0) begin : one_weight
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_reg <= '0;
      else if (weight_enable) weight_reg <= weight_in;
    end
    assign weight = weight_reg;
    assign weight_out = weight_reg;

    logic unused;
    assign unused = &{1'b0, bank_enable, weight1_in, weight_bank0, weight_bank1};
    assign weight_bank0 = '0;
    assign weight_bank1 = '0;
    assign weight1_out = '0;
  end else begin : two_weights
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_bank0 <= '0;
      else if (bank_enable[0]) weight_bank0 <= weight_in;
    end
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_bank1 <= '0;
      else if (bank_enable[1]) weight_bank1 <= weight1_in;
    end
    assign weight = weight_select ? weight_bank0 : weight_bank1;
    assign weight_out = weight_bank0;
    assign weight1_out = weight_bank1;

    logic unused;
    assign unused = &{1'b0, weight_enable, weight_reg};
    assign weight_reg = '0;
  end

  // The select travels with the operand.
  if (OVERLAP == 2) begin : travelling_select
    logic select_reg;
    always_ff @(posedge clk or posedge rst) begin
      if (rst) select_reg <= 1'b0;
      else if (operand_enable) select_reg <= weight_select;
    end
    assign weight_select_out = operand_boundary ? select_reg : weight_select;
  end else begin : common_select
    assign weight_select_out = weight_select;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) psum_reg <= '0;
    else if (psum_enable) psum_reg <= adder;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) operand_reg <= '0;
    else if (operand_enable) operand_reg <= operand_in;
  end

  bypass_mux #(.WIDTH(ACC_WIDTH)) sum_mux (
      .select(bottom),
      .registered(psum_reg),
      .bypassed(csa_sum),
      .out(sum_out)
  );

  bypass_mux #(.WIDTH(ACC_WIDTH)) carry_mux (
      .select(bottom),
      .registered({ACC_WIDTH{1'b0}}),
      .bypassed(csa_carry),
      .out(carry_out)
  );

  bypass_mux #(.WIDTH(DATA_WIDTH)) operand_mux (
      .select(operand_boundary),
      .registered(operand_reg),
      .bypassed(operand_in),
      .out(operand_out)
  );
endmodule
