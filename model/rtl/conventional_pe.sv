// The processing element of the conventional array: multiplier and adder, every register a
// pipeline stage.
//
// In the last column operand_enable is tied to 0: the operand register is a constant zero, and
// synthesis removes it.
module conventional_pe #(
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH  = 64   // at least 2 * DATA_WIDTH
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input logic weight_enable,   // clock enable of weight_reg
    input logic psum_enable,     // clock enable of psum_reg
    input logic operand_enable,  // clock enable of operand_reg

    input logic [DATA_WIDTH-1:0] operand_in,  // west
    input logic [DATA_WIDTH-1:0] weight_in,   // north, load phase
    input logic [ ACC_WIDTH-1:0] sum_in,      // north: the partial sum

    output logic [DATA_WIDTH-1:0] operand_out,  // east
    output logic [DATA_WIDTH-1:0] weight_out,   // south
    output logic [ ACC_WIDTH-1:0] sum_out       // south
);
  localparam int ProductWidth = 2 * DATA_WIDTH;

  logic [DATA_WIDTH-1:0] weight_reg;
  logic [ ACC_WIDTH-1:0] psum_reg;
  logic [DATA_WIDTH-1:0] operand_reg;

  logic signed [  DATA_WIDTH-1:0] operand;
  logic signed [  DATA_WIDTH-1:0] weight;
  logic signed [ProductWidth-1:0] product;
  assign operand = operand_in;
  assign weight  = weight_reg;
  assign product = operand * weight;

  logic [ACC_WIDTH-1:0] adder;
  assign adder = sum_in + ACC_WIDTH'(product);

  always_ff @(posedge clk or posedge rst) begin
    if (rst) weight_reg <= '0;
    else if (weight_enable) weight_reg <= weight_in;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) psum_reg <= '0;
    else if (psum_enable) psum_reg <= adder;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) operand_reg <= '0;
    else if (operand_enable) operand_reg <= operand_in;
  end

  assign operand_out = operand_reg;
  assign weight_out  = weight_reg;
  assign sum_out     = psum_reg;
endmodule
